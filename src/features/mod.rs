//! What the product does: one folder, one noun of the API. A feature does not know its neighbours.

pub mod accounts;

pub mod notes;

pub mod ops;

pub mod ui;
