//! One line for each finding and nothing else: for editors, `grep` and hooks.

use std::io::{self, Write};

use crate::finding::Report;

use super::{Context, text};

pub(super) fn render(report: &Report, _: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        writeln!(
            out,
            "{}: {}[{}] {}",
            text::place(&finding.location.path, &finding.location),
            finding.severity,
            finding.rule,
            finding.message
        )?;
    }
    Ok(())
}
