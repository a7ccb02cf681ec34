//! Log folders named by their path, for the command line of whoever runs this server.

mod progress;
mod run;

pub use progress::Imports;
pub use run::run;
