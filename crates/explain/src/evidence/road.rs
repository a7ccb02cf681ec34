//! Remove and debias (Rong et al. 2022): removed pixels are filled in from their neighbours, so that neither the
//! shape of the hole nor its edge tells the class.

use std::collections::HashMap;

use crate::ExplainError;

/// The eight neighbours: row, column, weight.
const NEIGHBOURS: [(isize, isize, f64); 8] = [
    (-1, 0, 1.0 / 6.0),
    (1, 0, 1.0 / 6.0),
    (0, -1, 1.0 / 6.0),
    (0, 1, 1.0 / 6.0),
    (-1, -1, 1.0 / 12.0),
    (-1, 1, 1.0 / 12.0),
    (1, -1, 1.0 / 12.0),
    (1, 1, 1.0 / 12.0),
];
/// Relative residual at which the solution is good.
const TOLERANCE: f64 = 1e-12;

/// Fills the pixels `removed` of one channel (`height x width`) so that each is the weighted mean of its
/// neighbours inside the picture, all at once. What has no known pixel to start from becomes 0.
///
/// The equations times their weights are symmetric and positive: conjugate gradients, scaled by the diagonal.
pub fn impute(channel: &mut [f32], (height, width): (usize, usize), removed: &[usize]) -> Result<(), ExplainError> {
    if channel.len() != height * width || removed.iter().any(|p| *p >= channel.len()) {
        return Err(ExplainError::parameters(format!(
            "a channel of {} pixels is not {height} x {width}, or a removed pixel lies outside",
            channel.len()
        )));
    }
    let place: HashMap<usize, usize> = removed.iter().enumerate().map(|(i, p)| (*p, i)).collect();
    let n = removed.len();
    let (mut diagonal, mut right) = (vec![0.0f64; n], vec![0.0f64; n]);
    let mut links: Vec<Vec<(usize, f64)>> = vec![Vec::new(); n];
    for (i, &pixel) in removed.iter().enumerate() {
        for (dy, dx, weight) in NEIGHBOURS {
            let y = (pixel / width).checked_add_signed(dy).filter(|y| *y < height);
            let x = (pixel % width).checked_add_signed(dx).filter(|x| *x < width);
            let (Some(y), Some(x)) = (y, x) else { continue };
            diagonal[i] += weight;
            match place.get(&(y * width + x)) {
                Some(j) => links[i].push((*j, weight)),
                None => right[i] += weight * f64::from(channel[y * width + x]),
            }
        }
    }
    let solution = solve(&diagonal, &links, &right);
    for (pixel, value) in removed.iter().zip(solution) {
        channel[*pixel] = value as f32;
    }
    Ok(())
}

/// Solves diagonal x - links x = right.
fn solve(diagonal: &[f64], links: &[Vec<(usize, f64)>], right: &[f64]) -> Vec<f64> {
    let n = right.len();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let scaled = |r: &[f64]| -> Vec<f64> {
        let each = r.iter().zip(diagonal).map(|(r, d)| if *d > 0.0 { r / d } else { 0.0 });
        each.collect()
    };
    let mut x = vec![0.0; n];
    let mut residual = right.to_vec();
    let goal = TOLERANCE * dot(right, right).sqrt();
    let mut z = scaled(&residual);
    let mut direction = z.clone();
    let mut rz = dot(&residual, &z);
    // Exact after n steps but for rounding.
    for _ in 0..4 * n + 10 {
        if dot(&residual, &residual).sqrt() <= goal {
            break;
        }
        let product: Vec<f64> = (0..n)
            .map(|i| diagonal[i] * direction[i] - links[i].iter().map(|(j, w)| w * direction[*j]).sum::<f64>())
            .collect();
        let curvature = dot(&direction, &product);
        if curvature <= 0.0 {
            break;
        }
        let step = rz / curvature;
        for i in 0..n {
            x[i] += step * direction[i];
            residual[i] -= step * product[i];
        }
        z = scaled(&residual);
        let next = dot(&residual, &z);
        for i in 0..n {
            direction[i] = z[i] + next / rz * direction[i];
        }
        rz = next;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::impute;

    #[test]
    fn a_plane_is_filled_in_exactly() {
        let plane: Vec<f32> = (0..49u8).map(|p| f32::from(p / 7) * 2.0 - f32::from(p % 7)).collect();
        let mut holed = plane.clone();
        let removed = [8, 9, 16, 17, 24, 30, 31, 38, 40];
        for p in removed {
            holed[p] = 99.0;
        }
        impute(&mut holed, (7, 7), &removed).unwrap();
        for (a, b) in holed.iter().zip(&plane) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
    }

    #[test]
    fn nothing_known_is_nothing_said_and_a_wrong_pixel_is_refused() {
        let mut all = vec![3.0; 4];
        impute(&mut all, (2, 2), &[0, 1, 2, 3]).unwrap();
        assert_eq!(all, [0.0; 4]);
        assert!(impute(&mut all, (2, 2), &[4]).is_err());
    }
}
