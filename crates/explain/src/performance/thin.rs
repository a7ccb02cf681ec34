//! Fewer points for a curve, its corners kept.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Which points of a curve are kept, and how far any other lies from the line through them.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// Rising.
    pub points: Vec<usize>,
    /// In the unit of the curve; 0 where only points on straight lines were left out.
    pub off: f64,
}

/// At most `most` points of the curve through `points`. First those go that lie on the line between their neighbours:
/// nothing is lost. Where still more are left, the one farthest from the line drawn so far is added until there are
/// `most` (Douglas & Peucker 1973).
pub fn thin(points: &[(f64, f64)], most: usize) -> Kept {
    let corners = corners(points);
    if corners.len() <= most.max(2) {
        return Kept {
            points: corners,
            off: 0.0,
        };
    }
    let at = |i: usize| points[corners[i]];
    let mut kept = vec![0, corners.len() - 1];
    let mut open = BinaryHeap::new();
    open.extend(Gap::between(0, corners.len() - 1, &at));
    while kept.len() < most {
        let Some(gap) = open.pop() else { break };
        kept.push(gap.farthest);
        open.extend(Gap::between(gap.from, gap.farthest, &at));
        open.extend(Gap::between(gap.farthest, gap.to, &at));
    }
    kept.sort_unstable();
    Kept {
        points: kept.into_iter().map(|i| corners[i]).collect(),
        off: open.peek().map_or(0.0, |gap| gap.off),
    }
}

/// The points at which a curve turns, with both ends.
fn corners(points: &[(f64, f64)]) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    for (i, &(x, y)) in points.iter().enumerate() {
        while let [.., before, last] = kept[..] {
            let ((x0, y0), (x1, y1)) = (points[before], points[last]);
            #[expect(clippy::float_cmp, reason = "only what lies on the line exactly loses nothing")]
            let straight = (x1 - x0) * (y - y1) == (y1 - y0) * (x - x1);
            let onward = (x1 - x0) * (x - x1) >= 0.0 && (y1 - y0) * (y - y1) >= 0.0;
            if !(straight && onward) {
                break;
            }
            kept.pop();
        }
        kept.push(i);
    }
    kept
}

/// A stretch between two kept points, with the point farthest from the line between them.
#[derive(Debug, PartialEq)]
struct Gap {
    off: f64,
    from: usize,
    to: usize,
    farthest: usize,
}

impl Gap {
    fn between(from: usize, to: usize, at: &impl Fn(usize) -> (f64, f64)) -> Option<Self> {
        let ((x0, y0), (x1, y1)) = (at(from), at(to));
        let length = (x1 - x0).hypot(y1 - y0);
        let off = |i: usize| {
            let (x, y) = at(i);
            if length > 0.0 {
                ((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)).abs() / length
            } else {
                (x - x0).hypot(y - y0)
            }
        };
        let mut farthest: Option<(f64, usize)> = None;
        for i in from + 1..to {
            let off = off(i);
            if farthest.is_none_or(|(most, _)| off > most) {
                farthest = Some((off, i));
            }
        }
        farthest.map(|(off, farthest)| Self {
            off,
            from,
            to,
            farthest,
        })
    }
}

impl Eq for Gap {}

impl Ord for Gap {
    fn cmp(&self, other: &Self) -> Ordering {
        self.off.total_cmp(&other.off).then(other.from.cmp(&self.from))
    }
}

impl PartialOrd for Gap {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn points_on_a_line_go_and_corners_stay() {
        let stairs = [
            (0.0, 0.0),
            (0.0, 1.0),
            (0.0, 2.0),
            (1.0, 2.0),
            (2.0, 2.0),
            (3.0, 3.0),
            (4.0, 4.0),
        ];
        let kept = thin(&stairs, 500);
        assert_eq!((kept.points, kept.off), (vec![0, 2, 4, 6], 0.0));
        assert_eq!(thin(&[(0.0, 0.0), (1.0, 1.0), (0.5, 0.5)], 9).points, [0, 1, 2]);
    }

    proptest! {
        #[test]
        fn no_point_is_farther_from_the_thinned_curve_than_it_says(steps in prop::collection::vec(any::<bool>(), 2..400), most in 4usize..40) {
            let mut at = (0.0, 0.0);
            let mut points = vec![at];
            for up in steps {
                *if up { &mut at.1 } else { &mut at.0 } += 1.0;
                points.push(at);
            }
            let kept = thin(&points, most);
            prop_assert!(kept.points.len() <= most);
            prop_assert_eq!((kept.points[0], *kept.points.last().unwrap()), (0, points.len() - 1));
            for pair in kept.points.windows(2) {
                let ((x0, y0), (x1, y1)) = (points[pair[0]], points[pair[1]]);
                for &(x, y) in &points[pair[0]..=pair[1]] {
                    let off = ((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)).abs() / (x1 - x0).hypot(y1 - y0);
                    prop_assert!(off <= kept.off + 1e-9, "{off} > {}", kept.off);
                }
            }
        }
    }
}
