//! Efficient graph-based segmentation (Felzenszwalb and Huttenlocher 2004).

use super::colour::Colours;

/// The scale of the paper is for colours from 0 to 255.
const FULL: f64 = 255.0;

/// The label of every pixel. Neighbours (of eight) are joined by rising difference of colour as long as it is at most
/// that inside either region plus `scale` over its size; then regions of fewer than `least` pixels are joined to the
/// neighbour that is most alike. The picture is smoothed first, by a Gaussian of deviation `smooth`.
pub fn felzenszwalb(colours: &Colours, scale: f64, smooth: f64, least: usize) -> Vec<usize> {
    let (h, w) = colours.size;
    let smoothed = smoothed(colours, smooth);
    let mut edges: Vec<(f64, usize, usize)> = Vec::with_capacity(4 * h * w);
    let steps: [(isize, isize); 4] = [(0, 1), (1, 0), (1, 1), (-1, 1)];
    for pixel in 0..h * w {
        for (dy, dx) in steps {
            let y = (pixel / w).checked_add_signed(dy).filter(|y| *y < h);
            let x = (pixel % w).checked_add_signed(dx).filter(|x| *x < w);
            if let (Some(y), Some(x)) = (y, x) {
                let other = y * w + x;
                edges.push((FULL * smoothed.distance(pixel, other).sqrt(), pixel, other));
            }
        }
    }
    // Stable: edges of the same weight keep the order of their pixels.
    edges.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut forest = Forest::new(h * w);
    for (weight, a, b) in &edges {
        let (a, b) = (forest.root(*a), forest.root(*b));
        let bound = |region: usize| forest.inside[region] + scale / forest.size[region] as f64;
        if a != b && *weight <= bound(a).min(bound(b)) {
            forest.join(a, b, *weight);
        }
    }
    for (weight, a, b) in &edges {
        let (a, b) = (forest.root(*a), forest.root(*b));
        if a != b && forest.size[a].min(forest.size[b]) < least {
            forest.join(a, b, *weight);
        }
    }
    (0..h * w).map(|pixel| forest.root(pixel)).collect()
}

/// Regions that are joined (union and find).
struct Forest {
    parent: Vec<usize>,
    size: Vec<usize>,
    /// The largest difference inside.
    inside: Vec<f64>,
}

impl Forest {
    fn new(count: usize) -> Self {
        Self {
            parent: (0..count).collect(),
            size: vec![1; count],
            inside: vec![0.0; count],
        }
    }

    fn root(&mut self, mut pixel: usize) -> usize {
        while self.parent[pixel] != pixel {
            self.parent[pixel] = self.parent[self.parent[pixel]];
            pixel = self.parent[pixel];
        }
        pixel
    }

    /// The lower root stays, so that labels do not depend on anything but the picture.
    fn join(&mut self, a: usize, b: usize, weight: f64) {
        let (root, gone) = (a.min(b), a.max(b));
        self.parent[gone] = root;
        self.size[root] += self.size[gone];
        self.inside[root] = weight;
    }
}

fn smoothed(colours: &Colours, deviation: f64) -> Colours {
    let (h, w) = colours.size;
    if deviation <= 0.0 {
        return colours.clone();
    }
    let reach = (4.0 * deviation + 0.5) as usize;
    let weights: Vec<f64> = (0..=2 * reach)
        .map(|i| (-0.5 * ((i as f64 - reach as f64) / deviation).powi(2)).exp())
        .collect();
    let total: f64 = weights.iter().sum();
    let pass = |from: &[[f64; 3]], down: bool| -> Vec<[f64; 3]> {
        let one = |pixel: usize| {
            let mut sum = [0.0; 3];
            for (i, weight) in weights.iter().enumerate() {
                let moved = |at: usize, n: usize| mirrored(at as isize + i as isize - reach as isize, n);
                let other = if down {
                    moved(pixel / w, h) * w + pixel % w
                } else {
                    pixel / w * w + moved(pixel % w, w)
                };
                sum.iter_mut().zip(from[other]).for_each(|(sum, v)| *sum += weight * v);
            }
            sum.map(|v| v / total)
        };
        (0..h * w).map(one).collect()
    };
    Colours {
        of: pass(&pass(&colours.of, true), false),
        size: (h, w),
    }
}

/// A place beyond the edge is its mirror image.
fn mirrored(at: isize, n: usize) -> usize {
    let period = 2 * n as isize;
    let at = at.rem_euclid(period);
    (if at < n as isize { at } else { period - 1 - at }) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_scale_gives_larger_regions_and_none_is_too_small() {
        let of: Vec<[f64; 3]> = (0..100).map(|p| [f64::from((p * 29) % 17) / 17.0; 3]).collect();
        let colours = Colours { of, size: (10, 10) };
        let count = |scale, least| {
            let mut labels = felzenszwalb(&colours, scale, 0.0, least);
            let smallest = labels.iter().map(|a| labels.iter().filter(|b| *b == a).count()).min();
            labels.sort_unstable();
            labels.dedup();
            (labels.len(), smallest.unwrap_or(0))
        };
        let (fine, _) = count(10.0, 1);
        let (coarse, _) = count(2000.0, 1);
        assert!(coarse < fine, "{coarse} {fine}");
        assert!(count(10.0, 8).1 >= 8);
        let edge: Vec<usize> = (-3..7).map(|i| mirrored(i, 4)).collect();
        assert_eq!(edge, [2, 1, 0, 0, 1, 2, 3, 3, 2, 1]);
    }
}
