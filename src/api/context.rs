//! What is known about a request before its handler runs, and what the log line wants to know
//! afterwards. Put into the request's extensions by the outermost layer.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::api::error::ApiError;
use crate::domain::id::UserId;
use crate::services::auth::audit::Origin;
use crate::services::auth::rate_limits::Charge;

/// The request in the eyes of the log, the audit and the limits.
#[derive(Debug, Clone)]
pub struct RequestContext(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    request_id: String,
    trace_id: String,
    client_ip: IpAddr,
    user_agent: String,
    user: OnceLock<UserId>,
    charge: OnceLock<Charge>,
}

impl RequestContext {
    /// Begins the life of a request.
    pub fn new(
        request_id: String,
        trace_id: String,
        client_ip: IpAddr,
        user_agent: String,
    ) -> Self {
        Self(Arc::new(Inner {
            request_id,
            trace_id,
            client_ip,
            user_agent,
            user: OnceLock::new(),
            charge: OnceLock::new(),
        }))
    }

    /// The id in `X-Request-Id`, in problems and in the log.
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// The trace id of `traceparent` (W3C Trace Context), or one of our own.
    pub fn trace_id(&self) -> &str {
        &self.0.trace_id
    }

    /// The client's address: the right-most one that no trusted proxy owns.
    pub fn client_ip(&self) -> IpAddr {
        self.0.client_ip
    }

    /// Where the request comes from, for the audit log and the list of sign-ins.
    pub fn origin(&self) -> Origin {
        Origin {
            ip: self.0.client_ip.to_string(),
            user_agent: self.0.user_agent.clone(),
            request_id: self.0.request_id.clone(),
        }
    }

    /// Notes how much of a quota is left; refuses the request that is one too many.
    pub fn charged(&self, charge: Option<Charge>) -> Result<(), ApiError> {
        let Some(charge) = charge else { return Ok(()) };
        // The first one stays: it is the one closest to the caller.
        let _ = self.0.charge.set(charge);
        if charge.is_over {
            return Err(ApiError::TooManyRequests(Duration::from_secs(
                charge.reset_s,
            )));
        }
        Ok(())
    }

    /// Judges a second quota; the headers go on telling about the first unless this one is over.
    pub fn charged_also(&self, charge: Option<Charge>) -> Result<(), ApiError> {
        match charge {
            Some(charge) if charge.is_over => Err(ApiError::TooManyRequests(Duration::from_secs(
                charge.reset_s,
            ))),
            _ => Ok(()),
        }
    }

    /// How much of a quota is left, if one was charged.
    pub fn charge(&self) -> Option<Charge> {
        self.0.charge.get().copied()
    }

    /// Notes who the caller turned out to be.
    pub fn set_user(&self, user: UserId) {
        // The first one stays: a request has one caller.
        let _ = self.0.user.set(user);
    }

    /// Who the caller turned out to be.
    pub fn user(&self) -> Option<UserId> {
        self.0.user.get().copied()
    }
}
