//! The one module that names concrete backends. A GPU backend is another arm of this file.

use std::sync::Arc;

use burn_autodiff::Autodiff;
use burn_backend::tensor::FloatTensor;
use burn_backend::{Backend, DType, TensorData};
use glassboard_kernels::copy;

use crate::operation::{Engine, Operation, Readable, operate_plain};

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

fn data<E: burn_backend::Element>(elements: Vec<E>, shape: &[usize]) -> TensorData {
    let shape = if shape.is_empty() { vec![1] } else { shape.to_vec() };
    TensorData::new(elements, shape)
}

impl Readable for burn_flex::Flex {
    fn packed(tensor: FloatTensor<Self>) -> FloatTensor<Self> {
        if tensor.is_contiguous() {
            return tensor;
        }
        // A view with steps back (a flip) is the library's to copy.
        let layout = tensor.layout();
        let strides: Option<Vec<usize>> = layout.strides().iter().map(|&s| usize::try_from(s).ok()).collect();
        match (strides, tensor.dtype()) {
            (Some(strides), DType::F32) => {
                let shape = layout.shape().to_vec();
                let data = copy::pack(tensor.storage::<f32>(), layout.start_offset(), &shape, &strides);
                Self::write(data, &shape)
            }
            _ => tensor.to_contiguous(),
        }
    }

    fn read(tensor: &FloatTensor<Self>) -> &[f32] {
        tensor.as_slice::<f32>().unwrap_or_default()
    }

    fn read_doubles(tensor: &FloatTensor<Self>) -> &[f64] {
        tensor.as_slice::<f64>().unwrap_or_default()
    }

    fn write(elements: Vec<f32>, shape: &[usize]) -> FloatTensor<Self> {
        burn_flex::FlexTensor::from_data(data(elements, shape))
    }

    fn write_doubles(elements: Vec<f64>, shape: &[usize]) -> FloatTensor<Self> {
        burn_flex::FlexTensor::from_data(data(elements, shape))
    }
}

impl Engine for burn_flex::Flex {
    fn operate(
        operation: &Arc<dyn Operation>,
        inputs: Vec<FloatTensor<Self>>,
        shapes: &[Vec<usize>],
    ) -> FloatTensor<Self> {
        operate_plain::<Self>(operation, inputs, shapes)
    }
}

#[cfg(feature = "ndarray")]
#[expect(deprecated, reason = "see `Default`")]
mod ndarray {
    use std::sync::Arc;

    use burn_backend::tensor::FloatTensor;
    use burn_ndarray::{NdArray, NdArrayTensor};

    use crate::operation::{Engine, Operation, Readable, operate_plain};

    impl Readable for NdArray {
        fn packed(tensor: FloatTensor<Self>) -> FloatTensor<Self> {
            match tensor {
                NdArrayTensor::F32(x) if x.view().is_standard_layout() => NdArrayTensor::F32(x),
                NdArrayTensor::F64(x) if x.view().is_standard_layout() => NdArrayTensor::F64(x),
                NdArrayTensor::F32(x) => {
                    NdArrayTensor::F32(x.view().as_standard_layout().into_owned().into_shared().into())
                }
                NdArrayTensor::F64(x) => {
                    NdArrayTensor::F64(x.view().as_standard_layout().into_owned().into_shared().into())
                }
                other => other,
            }
        }

        fn read(tensor: &FloatTensor<Self>) -> &[f32] {
            match tensor {
                NdArrayTensor::F32(x) => x.view().to_slice().unwrap_or_default(),
                _ => &[],
            }
        }

        fn read_doubles(tensor: &FloatTensor<Self>) -> &[f64] {
            match tensor {
                NdArrayTensor::F64(x) => x.view().to_slice().unwrap_or_default(),
                _ => &[],
            }
        }

        fn write(elements: Vec<f32>, shape: &[usize]) -> FloatTensor<Self> {
            Self::packed(NdArrayTensor::from_data(super::data(elements, shape)))
        }

        fn write_doubles(elements: Vec<f64>, shape: &[usize]) -> FloatTensor<Self> {
            Self::packed(NdArrayTensor::from_data(super::data(elements, shape)))
        }
    }

    impl Engine for NdArray {
        fn operate(
            operation: &Arc<dyn Operation>,
            inputs: Vec<FloatTensor<Self>>,
            shapes: &[Vec<usize>],
        ) -> FloatTensor<Self> {
            operate_plain::<Self>(operation, inputs, shapes)
        }
    }
}
