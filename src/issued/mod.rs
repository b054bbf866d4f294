//! Canvas' account report "User Access Tokens": a table of all issued tokens, read in a stream.
//!
//! `text` makes UTF-8 of its bytes, `columns` finds the columns by their names, `reader` cuts it
//! into rows of bounded size, `row` reads a row's cells, `inventory` looks for certain hints.
//!
//! What is known of the format: older Canvas source writes `user id, user name, token hint,
//! expiration, last used, dev key id, dev key name`, with `never` for a missing date; newer
//! instances also write `status` and `creation`. Names are sortable (`Byron, Ada`), dates ISO 8601
//! in the account's time zone.

mod columns;
mod dates;
mod inventory;
mod reader;
mod row;
mod text;

pub use columns::{Column, Columns, HeaderError};
pub use dates::{When, read as read_date};
pub use inventory::{Candidates, Inventory, MOST_CANDIDATES};
pub use reader::{Batch, LONGEST_ROW, MOST_COLUMNS, Malformed, Reader, ReportError};
pub use row::{Kind, Kinds, Row};
