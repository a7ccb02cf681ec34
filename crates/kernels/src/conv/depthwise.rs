//! Convolutions in which every channel is alone.

use pulp::Simd;
use rayon::prelude::*;

use super::window::{Space, Sweep, volume};
use crate::epilogue::Epilogue;
use crate::machine::{self, Kernel, multiply_add};
use crate::scratch;

/// Planes are computed one for itself. `weights` are `[channels, taps]`.
#[expect(clippy::too_many_arguments, reason = "one caller, which holds them apart")]
pub(crate) fn run(
    sweep: &Sweep,
    channels: usize,
    weights: &[f32],
    input: Space,
    output: Space,
    x: &[f32],
    epilogue: &Epilogue<'_>,
    y: &mut [f32],
) {
    let taps = sweep.taps();
    y.par_chunks_exact_mut(volume(output))
        .zip(x.par_chunks_exact(volume(input)))
        .enumerate()
        .with_min_len((8 * 1024 / volume(output)).max(1))
        .for_each(|(plane, (y, x))| {
            let channel = plane % channels;
            machine::dispatch(Plane {
                sweep,
                weights: &weights[channel * taps..(channel + 1) * taps],
                input,
                output,
                x,
                y,
                epilogue,
                channel,
                at: plane * volume(output),
            });
        });
}

struct Plane<'a> {
    sweep: &'a Sweep,
    weights: &'a [f32],
    input: Space,
    output: Space,
    x: &'a [f32],
    y: &'a mut [f32],
    epilogue: &'a Epilogue<'a>,
    channel: usize,
    at: usize,
}

impl Kernel for Plane<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize, const VECTORS: usize>(self, simd: S) {
        let Sweep {
            kernel,
            stride,
            dilation,
            before,
        } = *self.sweep;
        let [deep, high, wide] = self.input;
        let out_wide = self.output[2];
        // One padded input line, its columns sorted by their remainder by the stride.
        let phase_len = out_wide + (kernel[2] - 1) * dilation[2] / stride[2];
        let chunk = VECTORS * S::F32_LANES;
        let pitch = stride[2] * phase_len + chunk;
        // All lines of the plane, each copied once.
        let mut padded = scratch::take(deep * high * pitch);
        for (row, line) in self.x.chunks_exact(wide).zip(padded.chunks_exact_mut(pitch)) {
            for (phase, line) in line[..stride[2] * phase_len].chunks_exact_mut(phase_len).enumerate() {
                super::patches::sample(row, phase as isize - before[2], stride[2], line);
            }
        }
        // The taps of one output line that lie inside the input: weight and place.
        let mut taps: Vec<(f32, usize)> = Vec::with_capacity(self.weights.len());
        for (line, y) in self.y.chunks_exact_mut(out_wide).enumerate() {
            let (z, row) = (line / self.output[1], line % self.output[1]);
            taps.clear();
            for kz in 0..kernel[0] {
                let iz = (z * stride[0] + kz * dilation[0]) as isize - before[0];
                for ky in 0..kernel[1] {
                    let iy = (row * stride[1] + ky * dilation[1]) as isize - before[1];
                    if !(0..deep as isize).contains(&iz) || !(0..high as isize).contains(&iy) {
                        continue;
                    }
                    let from = (iz as usize * high + iy as usize) * pitch;
                    for kx in 0..kernel[2] {
                        let column = kx * dilation[2];
                        let at = from + column % stride[2] * phase_len + column / stride[2];
                        taps.push((self.weights[(kz * kernel[1] + ky) * kernel[2] + kx], at));
                    }
                }
            }
            for start in (0..out_wide).step_by(chunk) {
                let mut sums = [simd.splat_f32s(0.0); VECTORS];
                for (weight, at) in &taps {
                    let weight = simd.splat_f32s(*weight);
                    let values = S::as_simd_f32s(&padded[at + start..at + start + chunk]).0;
                    for i in 0..VECTORS {
                        sums[i] = multiply_add(simd, weight, values[i], sums[i]);
                    }
                }
                let flat: &[f32] = pulp::bytemuck::cast_slice(&sums);
                let end = (start + chunk).min(out_wide);
                y[start..end].copy_from_slice(&flat[..end - start]);
            }
        }
        self.epilogue.apply_row(simd, self.channel, self.at, self.y);
    }
}
