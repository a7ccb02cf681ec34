//! The suite's rule for "the same": that of `numpy.allclose` with the case's tolerance.
//!
//! `float16` is judged at no less than 2e-3 relative and 1e-3 absolute. Integers of one byte may
//! differ by one (quantised results may round either way, as the suite's own runner allows); all
//! other integers and booleans are exact. NaN equals NaN, infinities equal themselves.

use glassboard_engine::{Elem, Plain, PlainData};

/// Whether `got` is `expected`, or the first difference as a sentence.
pub fn agree(expected: &Plain, got: &Plain, rtol: f64, atol: f64) -> Result<(), String> {
    if got.shape != expected.shape {
        return Err(format!("shape {:?}, expected {:?}", got.shape, expected.shape));
    }
    if got.elem != expected.elem {
        return Err(format!("type {}, expected {}", got.elem.name(), expected.elem.name()));
    }
    if let (PlainData::Int(e), PlainData::Int(g)) = (&expected.data, &got.data) {
        let slack = u64::from(matches!(expected.elem, Elem::I8 | Elem::U8));
        let differing = e.iter().zip(g.iter()).filter(|(e, g)| e.abs_diff(**g) > slack);
        return match differing.clone().next() {
            None => Ok(()),
            Some((e, g)) => Err(format!(
                "{} of {} differ, the first is {g}, expected {e}",
                differing.count(),
                expected.numel()
            )),
        };
    }
    let (rtol, atol) = match expected.elem {
        Elem::F16 => (rtol.max(2e-3), atol.max(1e-3)),
        _ => (rtol, atol),
    };
    let (Some(e), Some(g)) = (expected.to_doubles(), got.to_doubles()) else {
        return Err("it holds no numbers".into());
    };
    let close = |e: f64, g: f64| {
        (e.is_infinite() && e.total_cmp(&g).is_eq())
            || (e.is_nan() && g.is_nan())
            || (e - g).abs() <= atol + rtol * e.abs()
    };
    let differing: Vec<(f64, f64)> = e.iter().copied().zip(g).filter(|&(e, g)| !close(e, g)).collect();
    let Some((e, g)) = differing.first() else { return Ok(()) };
    let worst = differing.iter().map(|(e, g)| (e - g).abs()).fold(0.0, f64::max);
    Err(format!(
        "{} of {} differ, by {worst:.3e} at most; the first is {g:?}, expected {e:?}",
        differing.len(),
        expected.numel()
    ))
}
