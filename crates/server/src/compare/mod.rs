//! `GET /compare?runs=exp/run,exp/run`: runs of any experiments side by side.

mod curves;
mod page;

pub use page::page;
