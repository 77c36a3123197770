//! What is known about a request before its handler runs, and what the log line wants to know
//! afterwards. Put into the request's extensions by the outermost layer.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use crate::domain::id::UserId;

/// The request in the eyes of the log, the audit and the limits.
#[derive(Debug, Clone)]
pub struct RequestContext(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    request_id: String,
    trace_id: String,
    client_ip: IpAddr,
    user: OnceLock<UserId>,
}

impl RequestContext {
    /// Begins the life of a request.
    pub fn new(request_id: String, trace_id: String, client_ip: IpAddr) -> Self {
        Self(Arc::new(Inner {
            request_id,
            trace_id,
            client_ip,
            user: OnceLock::new(),
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
