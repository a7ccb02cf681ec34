//! The one module that names concrete backends. A GPU backend is another arm of this file.

use burn_autodiff::Autodiff;
use burn_backend::Backend;

/// Where models run unless a build says otherwise.
pub type Default = burn_flex::Flex;

/// The second opinion of the tests: deprecated by its authors in Flex's favour, kept because it
/// shares no kernels with it.
#[cfg(feature = "ndarray")]
pub type Second = burn_ndarray::NdArray;

/// A backend that records a tape over `B`.
pub type Taped<B> = Autodiff<B>;

/// The device of a CPU backend.
pub fn device<B: Backend>() -> B::Device {
    B::Device::default()
}
