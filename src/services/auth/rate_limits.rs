//! General rate limits, shared by all instances through Redis; a stricter bucket of this instance
//! takes over while Redis is away. Refuses to guard sign-ins: those are counted in MySQL.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::platform::cache::{Cache, Counter};
use crate::platform::clock::Clock;
use crate::platform::crypto;

/// While Redis is away an instance allows a quarter by itself.
const LOCAL_SHARE: u64 = 4;
/// Subjects that this instance remembers at most; those that were not seen for longest go first.
const LOCAL_SUBJECTS: usize = 20_000;

/// So many requests in so much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Requests in one window.
    pub requests: u64,
    /// The window in seconds.
    pub window_s: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Policy {
    /// Everything a signed-in account does.
    User,
    /// What one address does without being signed in.
    Address,
    /// Registrations from one address.
    Register,
    /// Mails with codes and links asked for from one address.
    Mail,
}

impl Policy {
    /// The name in the headers.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Address => "address",
            Self::Register => "register",
            Self::Mail => "mail",
        }
    }
}

/// The quotas of all policies; settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Per account.
    pub user: Quota,
    /// Per address.
    pub address: Quota,
    /// Registrations per address.
    pub register: Quota,
    /// Mails asked for per address.
    pub mail: Quota,
}

impl Quotas {
    fn of(&self, policy: Policy) -> Quota {
        match policy {
            Policy::User => self.user,
            Policy::Address => self.address,
            Policy::Register => self.register,
            Policy::Mail => self.mail,
        }
    }
}

/// Where a subject stands after a request was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// The policy that counted.
    pub policy: Policy,
    pub quota: Quota,
    /// Requests left in this window.
    pub remaining: u64,
    /// Seconds until the next window.
    pub reset_s: u64,
    /// Whether this request is one too many.
    pub is_over: bool,
}

/// Policy and subject.
type Counted = (Policy, Vec<u8>);

/// Per policy and subject: the number of the window and the requests in it. In two generations:
/// whoever asks is in the young one; when that is full it becomes the old one, and what was in the
/// old one and did not ask since is forgotten. So nobody wipes the counts of the busy by coming
/// under many names.
#[derive(Debug, Default)]
struct LocalCounts {
    young: HashMap<Counted, (u64, u64)>,
    old: HashMap<Counted, (u64, u64)>,
}

impl LocalCounts {
    /// Counts a request in a window; how many it had until now, this one included.
    fn count(&mut self, counted: Counted, window: u64) -> u64 {
        let known = self.young.get(&counted).copied();
        let known = known.or_else(|| self.old.remove(&counted));
        let before = known.filter(|(of, _)| *of == window);
        let count = before.map_or(0, |(_, count)| count) + 1;
        if self.young.len() >= LOCAL_SUBJECTS / 2 && !self.young.contains_key(&counted) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(counted, (window, count));
        count
    }
}

/// The limits. Cheap to clone; `None` quotas: switched off.
#[derive(Clone)]
pub struct Limits {
    cache: Cache,
    clock: Clock,
    quotas: Option<Quotas>,
    local: Arc<Mutex<LocalCounts>>,
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limits")
            .field("quotas", &self.quotas)
            .finish_non_exhaustive()
    }
}

impl Limits {
    /// Limits with these quotas, or none at all.
    pub fn new(cache: Cache, clock: Clock, quotas: Option<Quotas>) -> Self {
        Self {
            cache,
            clock,
            quotas,
            local: Arc::default(),
        }
    }

    /// The counter to be raised in the round trip of something else; `None`: switched off.
    pub fn counter(&self, policy: Policy, subject: &[u8]) -> Option<Counter> {
        let quota = self.quotas?.of(policy);
        let (window, _) = self.window(quota);
        let digest = crypto::sha256(subject);
        let key = format!(
            "limit:v1:{}:{}:{window}",
            policy.name(),
            crypto::encode(&digest[..12])
        );
        Some(Counter::new(key, Duration::from_secs(quota.window_s)))
    }

    /// Judges a count from Redis; without one this instance's own bucket counts.
    pub fn judge(&self, policy: Policy, subject: &[u8], counted: Option<u64>) -> Option<Charge> {
        let quota = self.quotas?.of(policy);
        let (window, reset_s) = self.window(quota);
        let (count, allowed) = match counted {
            Some(count) => (count, quota.requests),
            None => {
                let allowed = (quota.requests / LOCAL_SHARE).max(1);
                (self.count_locally(policy, subject, window), allowed)
            }
        };
        Some(Charge {
            policy,
            quota,
            remaining: allowed.saturating_sub(count),
            reset_s,
            is_over: count > allowed,
        })
    }

    /// Counts a request in a round trip of its own.
    pub async fn charge(&self, policy: Policy, subject: &[u8]) -> Option<Charge> {
        let counter = self.counter(policy, subject)?;
        let counted = self.cache.count(&counter).await;
        self.judge(policy, subject, counted)
    }

    /// The number of the present window and the seconds left of it.
    fn window(&self, quota: Quota) -> (u64, u64) {
        let now_s = u64::try_from(self.clock.now().seconds()).unwrap_or(0);
        let length = quota.window_s.max(1);
        (now_s / length, length - now_s % length)
    }

    fn count_locally(&self, policy: Policy, subject: &[u8], window: u64) -> u64 {
        let mut local = self
            .local
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        local.count((policy, subject.to_vec()), window)
    }
}

/// An address as a subject: IPv4 whole, IPv6 by its /64, which one subscriber usually has whole.
pub fn address_subject(address: IpAddr) -> Vec<u8> {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets()[..8].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        let quota = Quota {
            requests: 8,
            window_s: 60,
        };
        let quotas = Quotas {
            user: quota,
            address: quota,
            register: quota,
            mail: quota,
        };
        let clock = Clock::Manual(Arc::new(90_000_000.into()));
        Limits::new(Cache::off(), clock, Some(quotas))
    }

    #[tokio::test]
    async fn without_redis_an_instance_allows_a_quarter() {
        let limits = limits();
        for left in [1, 0] {
            let charge = limits.charge(Policy::User, b"ann").await.unwrap();
            assert!(!charge.is_over && charge.remaining == left && charge.reset_s == 30);
        }
        assert!(limits.charge(Policy::User, b"ann").await.unwrap().is_over);
        assert!(!limits.charge(Policy::User, b"bob").await.unwrap().is_over);
    }

    #[test]
    fn a_flood_of_strangers_wipes_the_idle_and_never_the_busy() {
        let mut local = LocalCounts::default();
        let subject = |name: &str| (Policy::Address, name.as_bytes().to_vec());
        local.count(subject("idle"), 7);
        for n in 1..=3 * LOCAL_SUBJECTS {
            local.count(subject(&format!("stranger {n}")), 7);
            if n % 1000 == 0 {
                let asked = u64::try_from(n / 1000).unwrap();
                assert_eq!(local.count(subject("busy"), 7), asked);
            }
            assert!(local.young.len() + local.old.len() <= LOCAL_SUBJECTS);
        }
        assert_eq!(local.count(subject("idle"), 7), 1);
        assert_eq!(local.count(subject("busy"), 8), 1, "a new window begins");
    }

    #[test]
    fn a_shared_count_is_judged_by_the_whole_quota() {
        let limits = limits();
        assert!(!limits.judge(Policy::User, b"ann", Some(8)).unwrap().is_over);
        assert!(limits.judge(Policy::User, b"ann", Some(9)).unwrap().is_over);
    }

    #[test]
    fn one_subscriber_of_ipv6_is_one_subject() {
        let subject = |text: &str| address_subject(text.parse().unwrap());
        assert_eq!(subject("2001:db8:1:2::1"), subject("2001:db8:1:2:ffff::9"));
        assert_ne!(subject("2001:db8:1:2::1"), subject("2001:db8:1:3::1"));
        assert_eq!(subject("::ffff:192.0.2.1"), subject("192.0.2.1"));
    }
}
