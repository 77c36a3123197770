//! What the product does: one folder, one noun of the API. A feature does not know its
//! neighbours; only `admin` and `batches` may call the others.

pub mod accounts;

pub mod admin;

pub mod batches;

pub mod changes;

pub mod files;

pub mod notes;

pub mod ops;

pub mod tags;
pub mod tasks;

pub mod ui;
pub mod views;
