//! The report of an explanation: one HTML file that stands alone, for the file of a patient, an applicant, an auditor.
//!
//! **What it is.** [`html`] makes a page out of an explanation's answer (the object of `docs/api.md`) and its arrays
//! (the columns format): what was asked of which bytes, what came out, how far it can be trusted, what it cost in
//! passes, and the one command that makes the same file again.
//!
//! **What it promises.** The same answer gives the same bytes: nothing in a report depends on the clock, the machine's
//! speed or the place it is made. It loads nothing and runs no script.
//!
//! **What it must never know.** Models, SQL, HTTP.

mod arrays;
mod beeswarm;
mod command;
mod curves;
mod measures;
mod npz;
mod numbers;
mod page;
mod picture;
mod sentence;
mod settled;
mod style;
mod table;
mod waterfall;
mod written;

pub use arrays::{Arrays, BadArrays, Named};
pub use command::{Command, Company};
pub use npz::{BadNpz, NpzFile, npy, npz};
pub use page::{Report, html};
pub use settled::settled;
pub use style::policy;
pub use table::{cells, csv};
