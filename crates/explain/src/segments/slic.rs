//! Simple linear iterative clustering (Achanta et al. 2012).

use super::colour::Colours;
use super::grid::cells;

/// The label of every pixel of a picture cut into about `count` regions: `rounds` rounds of k-means over colour and
/// place, each centre looking two cells around itself, then pieces smaller than a quarter of a cell given to a
/// neighbour. `compactness` is the distance in colour that weighs as much as the side of a cell.
pub fn slic(colours: &Colours, count: usize, compactness: f64, rounds: usize) -> Vec<usize> {
    let (h, w) = colours.size;
    let (down, across) = cells((h, w), count);
    let side = ((h * w) as f64 / (down * across) as f64).sqrt();
    let place_weight = (compactness / side).powi(2);
    let mut centres: Vec<Centre> = (0..down * across)
        .map(|k| {
            let y = ((k / across * 2 + 1) * h / (2 * down)).min(h - 1);
            let x = ((k % across * 2 + 1) * w / (2 * across)).min(w - 1);
            Centre::at(colours, flattest(colours, y, x))
        })
        .collect();
    let mut labels = vec![usize::MAX; h * w];
    for _ in 0..rounds.max(1) {
        let mut nearest = vec![f64::INFINITY; h * w];
        for (k, centre) in centres.iter().enumerate() {
            let span = |at: f64, n: usize| {
                let reach = side.ceil() * 2.0;
                (at - reach).max(0.0) as usize..((at + reach + 1.0) as usize).min(n)
            };
            for y in span(centre.place[0], h) {
                for x in span(centre.place[1], w) {
                    let pixel = y * w + x;
                    let far = centre.distance(colours.of[pixel], [y as f64, x as f64], place_weight);
                    if far < nearest[pixel] {
                        nearest[pixel] = far;
                        labels[pixel] = k;
                    }
                }
            }
        }
        let mut sums = vec![([0.0f64; 3], [0.0f64; 2], 0.0f64); centres.len()];
        for (pixel, label) in labels.iter().enumerate().filter(|(_, label)| **label != usize::MAX) {
            let (colour, place, number) = &mut sums[*label];
            colour.iter_mut().zip(colours.of[pixel]).for_each(|(sum, v)| *sum += v);
            place[0] += (pixel / w) as f64;
            place[1] += (pixel % w) as f64;
            *number += 1.0;
        }
        for (centre, (colour, place, number)) in centres.iter_mut().zip(sums) {
            if number > 0.0 {
                centre.colour = colour.map(|v| v / number);
                centre.place = place.map(|v| v / number);
            }
        }
    }
    connected(&labels, (h, w), (side * side / 4.0) as usize)
}

struct Centre {
    colour: [f64; 3],
    place: [f64; 2],
}

impl Centre {
    fn at(colours: &Colours, pixel: usize) -> Self {
        let w = colours.size.1;
        Self {
            colour: colours.of[pixel],
            place: [(pixel / w) as f64, (pixel % w) as f64],
        }
    }

    fn distance(&self, colour: [f64; 3], place: [f64; 2], place_weight: f64) -> f64 {
        let square = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
        square(&self.colour, &colour) + place_weight * square(&self.place, &place)
    }
}

/// Of the nine pixels around one, that where the colour changes least: a centre should not start on an edge.
fn flattest(colours: &Colours, y: usize, x: usize) -> usize {
    let (h, w) = colours.size;
    let change = |y: usize, x: usize| {
        let at = |y: usize, x: usize| y.min(h - 1) * w + x.min(w - 1);
        colours.distance(at(y + 1, x), at(y.saturating_sub(1), x))
            + colours.distance(at(y, x + 1), at(y, x.saturating_sub(1)))
    };
    let mut best = (change(y, x), y * w + x);
    for near_y in y.saturating_sub(1)..(y + 2).min(h) {
        for near_x in x.saturating_sub(1)..(x + 2).min(w) {
            let here = change(near_y, near_x);
            if here < best.0 {
                best = (here, near_y * w + near_x);
            }
        }
    }
    best.1
}

/// A label for every connected piece of `labels`; a piece of fewer than `least` pixels takes that of the piece beside
/// its first pixel that was seen before.
fn connected(labels: &[usize], (h, w): (usize, usize), least: usize) -> Vec<usize> {
    let mut out = vec![usize::MAX; labels.len()];
    let mut next = 0;
    for start in 0..labels.len() {
        if out[start] != usize::MAX {
            continue;
        }
        let beside = neighbours(start, (h, w))
            .find(|p| out[*p] != usize::MAX)
            .map(|p| out[p]);
        let mut piece = vec![start];
        out[start] = next;
        let mut done = 0;
        while let Some(&pixel) = piece.get(done) {
            done += 1;
            for near in neighbours(pixel, (h, w)) {
                if out[near] == usize::MAX && labels[near] == labels[start] {
                    out[near] = next;
                    piece.push(near);
                }
            }
        }
        match beside {
            Some(label) if piece.len() < least => {
                for pixel in piece {
                    out[pixel] = label;
                }
            }
            _ => next += 1,
        }
    }
    out
}

/// The pixels above, left, right and below.
fn neighbours(pixel: usize, (h, w): (usize, usize)) -> impl Iterator<Item = usize> {
    let (y, x) = (pixel / w, pixel % w);
    let all = [
        (y > 0).then(|| pixel - w),
        (x > 0).then(|| pixel - 1),
        (x + 1 < w).then(|| pixel + 1),
        (y + 1 < h).then(|| pixel + w),
    ];
    all.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_picture_is_cut_into_cells() {
        let colours = Colours {
            of: vec![[50.0, 0.0, 0.0]; 64],
            size: (8, 8),
        };
        let mut labels = slic(&colours, 4, 10.0, 10);
        let corners = [0, 7, 56, 63].map(|p| labels[p]);
        labels.sort_unstable();
        labels.dedup();
        assert_eq!(labels.len(), 4);
        assert!((0..4).all(|a| (0..a).all(|b| corners[a] != corners[b])));
    }

    #[test]
    fn crumbs_go_to_a_neighbour_and_pieces_are_connected() {
        let labels = [0, 0, 1, 0, 0, 0, 0, 2, 2, 2];
        assert_eq!(connected(&labels, (1, 10), 2), [0, 0, 0, 1, 1, 1, 1, 2, 2, 2]);
    }
}
