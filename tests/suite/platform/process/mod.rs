//! The process as its operator sees it: starting, refusing to start, talking, logging, stopping.
//! Everything here runs the real program; nothing reaches into it.

mod connections;
mod crash;
mod logs;
mod metrics;
mod panics;
mod secrets;
mod start;
mod stop;
