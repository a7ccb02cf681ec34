//! Runs: the API, and the pages of an experiment.

mod actions;
mod audio_page;
mod delete;
mod edit;
pub mod experiments;
mod frame;
mod graphs_page;
mod histograms_page;
mod hparams_page;
mod images_page;
mod list;
mod mesh_page;
pub mod metric;
mod projector_page;
mod run_page;
mod scalars_page;
mod show;
mod step;
mod text_page;

pub use actions::act;
pub use audio_page::page as audio_page;
pub use delete::{delete, deleted, restore, submit as delete_from_page, submit_way as deleted_from_page};
pub use edit::{edit, submit as edit_from_page};
pub use experiments::page as experiments_page;
pub use frame::Frame;
pub use graphs_page::page as graphs_page;
pub use histograms_page::page as histograms_page;
pub use hparams_page::{flat, page as hparams_page};
pub use images_page::page as images_page;
pub use list::list;
pub use mesh_page::page as mesh_page;
pub use projector_page::page as projector_page;

pub use run_page::page as run_page;
pub use scalars_page::{first as first_page, page as scalars_page};
pub use show::show;
pub use text_page::page as text_page;
