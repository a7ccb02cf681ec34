//! The geometry of a convolution.

/// Extents along depth, height and width. What has fewer axes has ones in front.
pub type Space = [usize; 3];

/// A sliding window. Axes that an input lacks have kernel 1, stride 1, dilation 1 and no padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Taps along each axis.
    pub kernel: Space,
    /// Input elements from one output element to the next.
    pub stride: Space,
    /// Input elements from one tap to the next.
    pub dilation: Space,
    /// Zeros before the input's first element.
    pub before: Space,
    /// Zeros after the input's last element.
    pub after: Space,
}

impl Window {
    /// A window over one to three axes; `pads` are the zeros before and after along each.
    ///
    /// # Panics
    /// Where the slices differ in length or there are more than three axes.
    pub fn new(kernel: &[usize], stride: &[usize], dilation: &[usize], pads: &[(usize, usize)]) -> Self {
        let axes = kernel.len();
        assert!(axes <= 3 && stride.len() == axes && dilation.len() == axes && pads.len() == axes);
        let spread = |values: &dyn Fn(usize) -> usize, lacking: usize| {
            std::array::from_fn(|i| if i + axes < 3 { lacking } else { values(i + axes - 3) })
        };
        Self {
            kernel: spread(&|i| kernel[i], 1),
            stride: spread(&|i| stride[i], 1),
            dilation: spread(&|i| dilation[i], 1),
            before: spread(&|i| pads[i].0, 0),
            after: spread(&|i| pads[i].1, 0),
        }
    }

    /// Taps.
    pub fn taps(&self) -> usize {
        self.kernel.iter().product()
    }

    /// Extents of a convolution's output; zero where the window is larger than the padded input.
    pub fn output(&self, input: Space) -> Space {
        std::array::from_fn(|i| {
            let reach = (self.kernel[i] - 1) * self.dilation[i] + 1;
            let padded = input[i] + self.before[i] + self.after[i];
            padded.checked_sub(reach).map_or(0, |free| free / self.stride[i] + 1)
        })
    }

    /// Extents of a transposed convolution's output, `extra` elements longer at its end.
    pub fn transposed_output(&self, input: Space, extra: Space) -> Space {
        std::array::from_fn(|i| {
            let reach = (self.kernel[i] - 1) * self.dilation[i] + 1;
            let full = input[i].saturating_sub(1) * self.stride[i] + reach + extra[i];
            full.saturating_sub(self.before[i] + self.after[i])
        })
    }
}

/// A space of the given extents, with ones in front.
///
/// # Panics
/// Where there are more than three.
pub fn space(extents: &[usize]) -> Space {
    assert!(extents.len() <= 3);
    std::array::from_fn(|i| (i + extents.len()).checked_sub(3).map_or(1, |i| extents[i]))
}

/// Elements of a space.
pub(crate) fn volume(space: Space) -> usize {
    space.iter().product()
}

/// A window whose padding may be negative, and whose output has any extent: taps outside the input are
/// zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sweep {
    pub kernel: Space,
    pub stride: Space,
    pub dilation: Space,
    pub before: [isize; 3],
}

impl Sweep {
    pub fn taps(&self) -> usize {
        self.kernel.iter().product()
    }

    /// Whether every output element is made of the input element at its own place.
    pub fn is_pointwise(&self) -> bool {
        self.kernel == [1; 3] && self.stride == [1; 3] && self.before == [0; 3]
    }
}

impl From<&Window> for Sweep {
    fn from(window: &Window) -> Self {
        Self {
            kernel: window.kernel,
            stride: window.stride,
            dilation: window.dilation,
            before: window.before.map(|p| p as isize),
        }
    }
}
