//! What the product does, one folder per resource of the API. A feature does not import another one; only `admin` and
//! `batches` do. Each declares a `RESOURCE`; `app::registry` lists them.

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
