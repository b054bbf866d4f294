//! Looks for the rows whose hint is one of a few: the owners of tokens that leaked.

use std::collections::HashMap;
use std::io::{self, Read};

use super::reader::Reader;
use super::row::{Kinds, Row};

/// How many rows of one hint are kept; the others are counted.
pub const MOST_CANDIDATES: usize = 10;

/// The rows of one hint.
#[derive(Debug, Clone)]
pub struct Candidates<T> {
    /// What was made of the first of them, in the order of the report.
    pub rows: Vec<T>,
    /// How many there are.
    pub count: u64,
}

/// What a report says of some hints.
#[derive(Debug, Clone)]
pub struct Inventory<T> {
    /// By hint.
    pub found: HashMap<String, Candidates<T>>,
    /// How many rows were read.
    pub rows: u64,
    /// Rows that could not be read: how many, with the first one's line and what is wrong.
    pub malformed: u64,
    /// The first of them.
    pub first_malformed: Option<(u64, String)>,
}

impl<T> Inventory<T> {
    /// Reads the report to its end, and makes something of each row whose hint is in `hints`.
    ///
    /// # Errors
    ///
    /// If the report can't be read to its end.
    pub fn read<R: Read>(
        reader: &mut Reader<R>,
        hints: impl Iterator<Item = String>,
        make: impl Fn(&Row<'_>) -> T,
    ) -> io::Result<Self> {
        let mut inventory = Self {
            found: hints.map(|hint| (hint, Candidates { rows: Vec::new(), count: 0 })).collect(),
            rows: 0,
            malformed: 0,
            first_malformed: None,
        };
        let kinds = Kinds::default();
        let columns = reader.columns().clone();
        while let Some(batch) = reader.next_batch()? {
            for fault in &batch.malformed {
                inventory.fault(fault.line, fault.message.clone());
            }
            for index in 0..batch.len() {
                let Some(row) = batch.row(index, &columns, &kinds) else { continue };
                inventory.rows += 1;
                if row.is_unreadable(super::Column::Hint) {
                    inventory.fault(row.line, row.fault().unwrap_or_default());
                } else if let Some(candidates) = inventory.found.get_mut(row.hint) {
                    candidates.count += 1;
                    if candidates.rows.len() < MOST_CANDIDATES {
                        candidates.rows.push(make(&row));
                    }
                }
            }
        }
        Ok(inventory)
    }

    fn fault(&mut self, line: u64, message: String) {
        self.malformed += 1;
        if self.first_malformed.as_ref().is_none_or(|(first, _)| line < *first) {
            self.first_malformed = Some((line, message));
        }
    }
}
