//! Cutting outputs into pieces that threads share, and running each piece on the best instruction set.

use std::mem::MaybeUninit;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Elements of a piece. Fixed, so that where a piece ends does not depend on the machine; small enough
/// for a second-level cache, large enough that handing it to a thread costs nothing.
pub const PIECE: usize = 16 * 1024;

/// The inner loop of a kernel.
///
/// A function compiled for one instruction set calls it, and only what is inlined there becomes code
/// for that set: `run` and every large function under it are `#[inline(always)]`.
pub trait Body<T>: Sync {
    /// Fills a piece of the output; `start` is the index of the piece's first element.
    fn run(&self, start: usize, y: &mut [T]);
}

struct Piece<'a, B, T> {
    body: &'a B,
    start: usize,
    y: &'a mut [T],
}

impl<B: Body<T>, T> WithSimd for Piece<'_, B, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.body.run(self.start, self.y);
    }
}

/// Elements of a piece that holds whole rows of `width` elements.
pub fn rows(width: usize) -> usize {
    (PIECE / width.max(1)).max(1) * width.max(1)
}

/// A vector of `len` elements whose pieces of `piece` elements `body` fills; they are zero before.
///
/// A piece is zeroed by the thread that fills it and while it is in that thread's cache. Zeroing
/// everything first, as `vec![0; len]` does, is a pass of its own over memory: measured, it makes a
/// rectifier 1.7 times slower.
#[expect(unsafe_code, reason = "see above; the standard library has no safe form of it")]
pub fn collect<T: Copy + Default + Send, B: Body<T>>(len: usize, piece: usize, body: &B) -> Vec<T> {
    let arch = Arch::new();
    let mut out = Vec::with_capacity(len);
    let run = |start: usize, slots: &mut [MaybeUninit<T>]| {
        slots.fill(MaybeUninit::new(T::default()));
        // SAFETY: the line above has written every element of `slots`.
        let y = unsafe { slots.assume_init_mut() };
        arch.dispatch(Piece { body, start, y });
    };
    let slots = &mut out.spare_capacity_mut()[..len];
    if len > piece {
        let pieces = slots.par_chunks_mut(piece).enumerate();
        pieces.for_each(|(k, slots)| run(k * piece, slots));
    } else if len > 0 {
        run(0, slots);
    }
    // SAFETY: the capacity is at least `len`, and the pieces, which cover the first `len` elements, have
    // all been written. (A panic in a body does not come here.)
    unsafe { out.set_len(len) };
    out
}

/// Calls `f` with every item, at least `few` of them on a thread. For bodies whose outputs are not of
/// one size; `f` is not compiled for a special instruction set.
pub fn each<I: Send>(items: Vec<I>, few: usize, f: impl Fn(I) + Sync + Send) {
    if items.len() <= few {
        items.into_iter().for_each(f);
    } else {
        items.into_par_iter().with_min_len(few).for_each(f);
    }
}
