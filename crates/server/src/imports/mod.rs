//! Log folders named by their path, for the command line of whoever runs this server.

mod run;

pub use run::run;
