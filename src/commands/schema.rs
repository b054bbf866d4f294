//! `hallpass schema`: the JSON Schema of a file or a report.

use schemars::schema_for;

use super::log::Event;
use super::{CommandError, EXIT_OK, print};
use crate::cli::{SchemaArgs, SchemaOf};
use crate::config::Config;
use crate::detect::detector::Detector;
use crate::finding::Report;

/// Runs the command; answers the exit code.
pub(super) fn run(args: &SchemaArgs) -> Result<u8, CommandError> {
    let schema = match args.of {
        SchemaOf::Manifest => {
            print(&crate::policy::manifest_schema());
            return Ok(EXIT_OK);
        }
        SchemaOf::Policy => {
            print(&crate::policy::pack_schema());
            return Ok(EXIT_OK);
        }
        SchemaOf::Config => schema_for!(Config),
        SchemaOf::Report => schema_for!(Report),
        SchemaOf::Detector => schema_for!(Detector),
        SchemaOf::Log => schema_for!(Event),
    };
    print(&format!("{:#}\n", schema.as_value()));
    Ok(EXIT_OK)
}
