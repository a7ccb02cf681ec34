//! The one module that names concrete backends. A GPU backend is another arm of this file.

use burn_autodiff::Autodiff;
use burn_backend::Backend;

/// Where models run.
#[cfg(not(feature = "ndarray"))]
pub type Default = burn_flex::Flex;
/// Its name in results.
#[cfg(not(feature = "ndarray"))]
pub const NAME: &str = "burn-flex 0.22.1";

/// Where models run in a build that asks for it: other kernels under the same interpreter.
#[cfg(feature = "ndarray")]
#[expect(
    deprecated,
    reason = "its authors retire it in Flex's favour; it stays as a second opinion that shares no kernels with it"
)]
pub type Default = burn_ndarray::NdArray;
/// Its name in results.
#[cfg(feature = "ndarray")]
pub const NAME: &str = "burn-ndarray 0.22.1";

/// A backend that records a tape over `B`.
pub type Taped<B> = Autodiff<B>;

/// The device of a CPU backend.
pub fn device<B: Backend>() -> B::Device {
    B::Device::default()
}
