//! The instruction set of the machine and the register tile that suits it.

use pulp::{Arch, Simd, WithSimd};

/// Rows and columns of the block of the product that stays in registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tile {
    pub rows: usize,
    pub columns: usize,
}

/// Code that is compiled once an instruction set, for its own tile of `ROWS` rows and `VECTORS` vectors.
pub(crate) trait Kernel {
    type Output;
    /// Must be `#[inline(always)]`, or it loses the instruction set.
    fn run<S: Simd, const ROWS: usize, const VECTORS: usize>(self, simd: S) -> Self::Output;
}

struct Sized<K>(K);

impl<K: Kernel> WithSimd for Sized<K> {
    type Output = K::Output;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> K::Output {
        // Accumulators, one row of the right operand and one value of the left fill the registers:
        // 8 * 2 of 32 (AVX-512), 6 * 4 of 32 (NEON), 6 * 2 of 16 (AVX2, SSE). AVX-512 would have room for
        // more rows, but eight keep its two multipliers busy, and compile in half the time.
        if const { S::F32_LANES == 16 } {
            self.0.run::<S, 8, 2>(simd)
        } else if const { S::F32_LANES == 4 && S::REGISTER_COUNT == 32 } {
            self.0.run::<S, 6, 4>(simd)
        } else if const { S::F32_LANES == 1 } {
            self.0.run::<S, 4, 4>(simd)
        } else {
            self.0.run::<S, 6, 2>(simd)
        }
    }
}

/// Runs `kernel` on the best instruction set of this machine.
///
/// # Panics
/// On an x86-64 processor older than x86-64-v2 (2009).
pub(crate) fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    let arch = Arch::new();
    #[cfg(target_arch = "x86_64")]
    {
        let kernel = Sized(kernel);
        match arch {
            Arch::V4(simd) => Simd::vectorize(simd, kernel),
            Arch::V3(simd) => Simd::vectorize(simd, kernel),
            _ => match pulp::x86::V2::try_new() {
                Some(simd) => Simd::vectorize(simd, kernel),
                None => panic!("this processor has no SSE4.2: x86-64-v2 is the oldest that can run this"),
            },
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    arch.dispatch(Sized(kernel))
}

struct Shape;

impl Kernel for Shape {
    type Output = Tile;

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize, const VECTORS: usize>(self, _: S) -> Tile {
        Tile {
            rows: ROWS,
            columns: VECTORS * S::F32_LANES,
        }
    }
}

/// The tile of this machine. Packed operands are laid out for it.
pub(crate) fn tile() -> Tile {
    dispatch(Shape)
}

/// `a * b + c`, fused where the machine can: a fused operation by library call would be slower than
/// everything else together.
#[inline(always)]
pub(crate) fn multiply_add<S: Simd>(simd: S, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s {
    if const { S::F32_LANES <= 4 && S::REGISTER_COUNT == 16 } {
        simd.add_f32s(simd.mul_f32s(a, b), c)
    } else {
        simd.mul_add_f32s(a, b, c)
    }
}

/// The first `VECTORS` vectors of a slice.
#[inline(always)]
pub(crate) fn load<S: Simd, const VECTORS: usize>(from: &[f32]) -> [S::f32s; VECTORS] {
    // Loops here and below, not closures: what a library's function lies around stays a call.
    let vectors = S::as_simd_f32s(&from[..VECTORS * S::F32_LANES]).0;
    let mut out = [vectors[0]; VECTORS];
    out.copy_from_slice(&vectors[..VECTORS]);
    out
}

/// Writes the first `VECTORS` vectors of a slice.
#[inline(always)]
pub(crate) fn store<S: Simd, const VECTORS: usize>(to: &mut [f32], values: [S::f32s; VECTORS]) {
    let vectors = S::as_mut_simd_f32s(&mut to[..VECTORS * S::F32_LANES]).0;
    for (to, v) in vectors.iter_mut().zip(values) {
        *to = v;
    }
}
