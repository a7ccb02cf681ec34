//! Working memory that is kept for the next call, so that no call pays for fresh pages.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// Buffers kept, and elements in all of them, at most: 64 MB.
const KEPT: usize = 24;
const TOTAL: usize = 16 << 20;
const LINE: usize = 64;

static POOL: Mutex<Vec<Vec<f32>>> = Mutex::new(Vec::new());

/// `len` elements on a cache line's border.
#[derive(Debug)]
pub(crate) struct Scratch {
    storage: Vec<f32>,
    start: usize,
    len: usize,
    pooled: bool,
}

/// Takes a buffer of `len` elements of arbitrary (old) content, which goes back when it is dropped.
pub(crate) fn take(len: usize) -> Scratch {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let fits = (0..pool.len()).filter(|&i| pool[i].len() >= len + LINE);
    let best = fits.min_by_key(|&i| pool[i].len());
    let storage = best.map(|i| pool.swap_remove(i));
    drop(pool);
    Scratch::over(storage.unwrap_or_else(|| vec![0.0; len + LINE]), len, true)
}

/// A buffer of `len` zeros that is given back to the system when it is dropped: for what lives long.
pub(crate) fn own(len: usize) -> Scratch {
    Scratch::over(vec![0.0; len + LINE], len, false)
}

impl Scratch {
    fn over(storage: Vec<f32>, len: usize, pooled: bool) -> Self {
        let start = storage.as_ptr().align_offset(LINE).min(LINE);
        Self {
            storage,
            start,
            len,
            pooled,
        }
    }
}

impl Deref for Scratch {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.storage[self.start..self.start + self.len]
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.storage[self.start..self.start + self.len]
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.pooled || self.storage.len() > TOTAL {
            return;
        }
        let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
        pool.push(std::mem::take(&mut self.storage));
        // The smallest go: they are the cheapest to make again.
        while pool.len() > KEPT || pool.iter().map(Vec::len).sum::<usize>() > TOTAL {
            let smallest = (0..pool.len()).min_by_key(|&i| pool[i].len());
            let Some(i) = smallest else { return };
            pool.swap_remove(i);
        }
    }
}
