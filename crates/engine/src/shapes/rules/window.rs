//! Windows that slide over spatial axes: convolutions and pools.

use super::super::dim::Dim;
use super::super::fact::{Fact, unknown_shape};
use super::super::site::{Gap, Inferred, Site, contradiction};

/// A list attribute of one positive number a spatial axis.
fn list(s: &Site<'_>, name: &str, n: usize) -> Result<Vec<i64>, Gap> {
    let v = s.ints(name).map_or_else(|| vec![1; n], <[i64]>::to_vec);
    if v.len() != n || v.iter().any(|&v| v < 1) {
        return contradiction(format!("{name} should hold {n} positive numbers, got {v:?}"));
    }
    Ok(v)
}

/// Pads before and after each spatial axis, as written.
fn pads(s: &Site<'_>, n: usize) -> Result<Vec<(i64, i64)>, Gap> {
    match s.ints("pads") {
        None => Ok(vec![(0, 0); n]),
        Some(p) if p.len() == 2 * n => Ok((0..n).map(|i| (p[i], p[i + n])).collect()),
        Some(p) => contradiction(format!("pads should hold {} numbers, got {p:?}", 2 * n)),
    }
}

/// Spatial axes after a window of extents `kernel` slid over `space`.
fn slid(s: &Site<'_>, space: &[Dim], kernel: &[Dim], ceil: bool) -> Result<Vec<Dim>, Gap> {
    let n = space.len();
    if kernel.len() != n {
        return contradiction(format!(
            "the kernel has {} axes for {n} spatial dimensions",
            kernel.len()
        ));
    }
    let (strides, dilations) = (list(s, "strides", n)?, list(s, "dilations", n)?);
    let mode = s.str("auto_pad", "NOTSET");
    let pads = if mode == "NOTSET" || mode.is_empty() {
        pads(s, n)?
    } else {
        vec![(0, 0); n]
    };
    (0..n)
        .map(|i| {
            let stride = Dim::from(strides[i]);
            if mode.starts_with("SAME") {
                return Ok(space[i].ceil_div(&stride));
            }
            let (before, after) = pads[i];
            let reach = &(&(&kernel[i] - 1) * dilations[i]) + 1;
            let free = &(&space[i] + before.saturating_add(after)) - &reach;
            if free.at_most(-1) {
                return contradiction(format!(
                    "the kernel reaches over {reach} of a padded input of {}",
                    &free + &reach
                ));
            }
            if !ceil {
                return Ok(&free.floor_div(&stride) + 1);
            }
            let out = &free.ceil_div(&stride) + 1;
            if (&reach - after).at_least(strides[i]) {
                return Ok(out);
            }
            // A window that would start in the padding behind the input does not count.
            let last = (&space[i] + before).ceil_div(&stride);
            Ok(out.smaller(&last))
        })
        .collect()
}

/// Ranks of input and weight agree; their spatial parts.
fn spatial<'a>(s: &Site<'a>) -> Result<(&'a [Dim], &'a [Dim]), Gap> {
    let (x, w) = (s.shape(0)?, s.shape(1)?);
    if x.len() < 3 || w.len() != x.len() {
        let text = |i: usize| s.fact(i).ok().and_then(Fact::shape_text).unwrap_or_default();
        let (x, w) = (text(0), text(1));
        return contradiction(format!(
            "input shape {x} and weight shape {w} do not make a convolution"
        ));
    }
    Ok((x, w))
}

/// `Conv` and its integer relatives: input, then the weight `[out, in / group, ...]` as input `1`.
pub fn conv(s: &Site<'_>) -> Inferred {
    let (x, w) = spatial(s).map_err(|gap| known_rank(s, gap))?;
    let channels = &w[1] * s.int("group", 1);
    if x[1].differs(&channels) {
        return contradiction(format!("the input has {} channels, the weight takes {channels}", x[1]));
    }
    let mut shape = vec![x[0].clone(), w[0].clone()];
    shape.extend(slid(s, &x[2..], &w[2..], false)?);
    Ok(vec![Fact::new(s.elem(0), shape)])
}

/// An unknown shape keeps its element type.
fn known_rank(s: &Site<'_>, gap: Gap) -> Gap {
    match gap {
        Gap::Unknown(_) => Gap::Unknown(vec![s.elem(0)]),
        other @ Gap::Contradiction(_) => other,
    }
}

/// `ConvTranspose`: the weight is `[in, out / group, ...]`.
pub fn conv_transpose(s: &Site<'_>) -> Inferred {
    let (x, w) = spatial(s).map_err(|gap| known_rank(s, gap))?;
    let n = x.len() - 2;
    let (strides, dilations) = (list(s, "strides", n)?, list(s, "dilations", n)?);
    let extra = s.ints("output_padding").map_or_else(|| vec![0; n], <[i64]>::to_vec);
    let wanted = s.ints("output_shape");
    let mode = s.str("auto_pad", "NOTSET");
    let pads = if mode == "NOTSET" || mode.is_empty() {
        pads(s, n)?
    } else {
        vec![(0, 0); n]
    };
    if extra.len() != n {
        return contradiction(format!("output_padding should hold {n} numbers, got {extra:?}"));
    }
    let mut shape = vec![x[0].clone(), &w[1] * s.int("group", 1)];
    for i in 0..n {
        let (size, kernel) = (&x[2 + i], &w[2 + i]);
        shape.push(match wanted {
            Some(v) if v.len() >= n => v[v.len() - n + i].into(),
            _ if mode.starts_with("SAME") => size * strides[i],
            _ => {
                let full = &(&(size - 1) * strides[i]) + &(&(&(kernel - 1) * dilations[i]) + 1);
                &full + &(&Dim::from(extra[i]) - pads[i].0.saturating_add(pads[i].1))
            }
        });
    }
    Ok(vec![Fact::new(s.elem(0), shape)])
}

/// The pools with `kernel_shape`; a second output holds the indices.
pub fn pool(s: &Site<'_>) -> Inferred {
    let x = s.shape(0).map_err(|gap| known_rank(s, gap))?;
    if x.len() < 3 {
        return contradiction(format!("the input has {} dimensions, no spatial one", x.len()));
    }
    let Some(kernel) = s.ints("kernel_shape") else {
        return contradiction("kernel_shape is missing");
    };
    let kernel: Vec<Dim> = kernel.iter().map(|&k| k.into()).collect();
    let mut shape = x[..2].to_vec();
    shape.extend(slid(s, &x[2..], &kernel, s.int("ceil_mode", 0) != 0)?);
    let indices = Fact::new(Some(crate::value::Elem::I64), shape.clone());
    Ok(vec![Fact::new(s.elem(0), shape), indices])
}

/// The pools over all spatial axes.
pub fn global_pool(s: &Site<'_>) -> Inferred {
    let x = s.shape(0).map_err(|gap| known_rank(s, gap))?;
    if x.len() < 2 {
        return Ok(vec![Fact::new(s.elem(0), unknown_shape(x.len()))]);
    }
    let mut shape = x[..2].to_vec();
    shape.resize(x.len(), 1.into());
    Ok(vec![Fact::new(s.elem(0), shape)])
}
