//! `satchel openapi`: the generated descriptions of the API.

use std::fs;
use std::path::PathBuf;

use clap::Args;

use super::{Outcome, print};
use crate::app::{openapi, route_list};

#[derive(Args)]
pub(super) struct OpenapiArguments {
    /// Write `openapi.json` and `routes.md` into this folder instead.
    #[arg(long, value_name = "FOLDER")]
    write: Option<PathBuf>,
}

pub(super) fn run(arguments: &OpenapiArguments) -> Outcome {
    match &arguments.write {
        None => print(&openapi::text()),
        Some(folder) => {
            fs::write(folder.join("openapi.json"), openapi::text())?;
            fs::write(folder.join("routes.md"), route_list::markdown())?;
        }
    }
    Ok(())
}
