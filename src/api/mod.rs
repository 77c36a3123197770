//! The contract: what every endpoint says the same way. Errors, extractors, paging, conditions.
//! Knows no noun of the product and no SQL.

pub mod attaching;
pub mod caller;
pub mod condition;
pub mod context;
pub mod document_routes;
pub mod documents;
pub mod error;
pub mod extract;
pub mod page;
pub mod paging;
pub mod patch;
pub mod reply;
pub mod resource;
pub mod revisions;
pub mod shapes;
pub mod state;
