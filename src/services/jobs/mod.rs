//! Background work of all instances: the queue of periodic jobs, the outbox of mails, the instances that run.

pub mod instances;
pub mod outbox;
pub mod queue;
