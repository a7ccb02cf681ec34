//! `NonMaxSuppression`: boxes that are not hidden by a better one.

use super::{Call, Entry, Grad, Out, one_host};
use crate::error::OpError;
use crate::operation::Engine;
use crate::shapes::{Dim, Fact, only};
use crate::value::{Elem, Host};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        Entry::new("nms", "NonMaxSuppression", Grad::Stops, suppress)
            .shape(|_| only(Fact::new(Some(Elem::I64), vec![Dim::unknown_size(), 3.into()]))),
    ]
}

/// Corners of a box, ordered.
#[derive(Debug, Clone, Copy)]
struct Corners {
    low: [f64; 2],
    high: [f64; 2],
}

impl Corners {
    fn read(b: &[f64], centred: bool) -> Self {
        let (first, second) = if centred {
            let (x, y, w, h) = (b[0], b[1], b[2] / 2.0, b[3] / 2.0);
            ([y - h, x - w], [y + h, x + w])
        } else {
            ([b[0], b[1]], [b[2], b[3]])
        };
        Self {
            low: std::array::from_fn(|i| first[i].min(second[i])),
            high: std::array::from_fn(|i| first[i].max(second[i])),
        }
    }

    fn area(&self) -> f64 {
        (self.high[0] - self.low[0]) * (self.high[1] - self.low[1])
    }

    /// Intersection over union; zero where either has no area.
    fn overlap(&self, other: &Self) -> f64 {
        let side = |i: usize| (self.high[i].min(other.high[i]) - self.low[i].max(other.low[i])).max(0.0);
        let (common, own, theirs) = (side(0) * side(1), self.area(), other.area());
        if own <= 0.0 || theirs <= 0.0 || common <= 0.0 {
            return 0.0;
        }
        common / (own + theirs - common)
    }
}

fn suppress<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let centred = c.int("center_point_box", 0) != 0;
    let (boxes, scores) = (c.float(0)?, c.float(1)?);
    let most = c.scalar_int(2)?.unwrap_or(0);
    let most_overlap = c.scalar(3)?.unwrap_or(0.0);
    let least_score = c.scalar(4)?;
    let ([batch, count, 4], [batch2, classes, count2]) = (boxes.shape(), scores.shape()) else {
        return Err(OpError::bad(format!(
            "boxes of shape {:?} and scores of shape {:?}; expected [batch, boxes, 4] and [batch, classes, boxes]",
            boxes.shape(),
            scores.shape()
        )));
    };
    if batch != batch2 || count != count2 {
        return Err(OpError::bad("boxes and scores differ in their batch or number"));
    }
    let (batch, count, classes) = (*batch, *count, *classes);
    let (boxes, scores) = (boxes.into_doubles()?, scores.into_doubles()?);
    let most = usize::try_from(most).unwrap_or(0).min(count);
    c.reserve(&[batch * classes, most, 6])?;
    let mut found = Vec::new();
    for image in 0..batch {
        let corners: Vec<Corners> = boxes[image * count * 4..(image + 1) * count * 4]
            .chunks_exact(4)
            .map(|b| Corners::read(b, centred))
            .collect();
        for class in 0..classes {
            let scores = &scores[(image * classes + class) * count..][..count];
            let mut order: Vec<usize> = (0..count)
                .filter(|&i| least_score.is_none_or(|least| scores[i] > least))
                .collect();
            order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
            let mut kept: Vec<usize> = Vec::new();
            for i in order {
                if kept.len() >= most {
                    break;
                }
                if kept.iter().all(|&k| corners[k].overlap(&corners[i]) <= most_overlap) {
                    kept.push(i);
                    found.extend([image as i64, class as i64, i as i64]);
                }
            }
        }
    }
    one_host(Host::new(vec![found.len() / 3, 3], Elem::I64, found))
}
