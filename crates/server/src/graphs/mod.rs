//! Graphs that were logged: TensorFlow's, PyTorch's and Keras', shown as the layer graphs of models are.

mod describe;
mod find;
mod held;
mod keras;
mod list;
mod look;
mod show;
mod trace;

pub use find::find;
pub use held::{Cache, Chosen, held};
pub use list::{Source, list, sources};
pub use look::{LARGEST, look};
pub use show::show;
