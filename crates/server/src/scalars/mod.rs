//! Points of scalar series: for charts, by groups, in numbers, as files and as drawings.

mod ask;
mod bands;
mod drawing;
mod encode;
mod export;
mod groups;
mod margins;
mod palette;
mod query;
mod raw;
mod scale;
mod stats;
mod svg;

pub use bands::query as bands;
pub use export::export;
pub use groups::list as groups;
pub use margins::query as margins;
pub use query::query;
pub use raw::off_thread;
pub use stats::query as stats;
pub use svg::draw as svg;
