//! Colours of a picture, three numbers a pixel.

/// The colours of a picture, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Colours {
    /// Three numbers a pixel.
    pub of: Vec<[f64; 3]>,
    /// Height and width.
    pub size: (usize, usize),
}

impl Colours {
    /// Red, green and blue from 0 to 1 of a picture `[channels, height, width]`; of one channel, grey; of more than
    /// three, the first three.
    pub fn rgb(values: &[f32], [channels, h, w]: [usize; 3]) -> Self {
        let places = h * w;
        let plane = |c: usize| if channels < 3 { 0 } else { c };
        let pixel = |i: usize| [0, 1, 2].map(|c| f64::from(values[plane(c) * places + i]));
        Self {
            of: (0..places).map(pixel).collect(),
            size: (h, w),
        }
    }

    /// The same in CIE L*a*b* (sRGB, white D65), where distances are about as eyes see them.
    pub fn lab(values: &[f32], picture: [usize; 3]) -> Self {
        let mut colours = Self::rgb(values, picture);
        for pixel in &mut colours.of {
            *pixel = lab(*pixel);
        }
        colours
    }

    /// Squared distance of the colours of two pixels.
    pub fn distance(&self, a: usize, b: usize) -> f64 {
        let pairs = self.of[a].iter().zip(&self.of[b]);
        pairs.map(|(a, b)| (a - b) * (a - b)).sum()
    }
}

fn lab(rgb: [f64; 3]) -> [f64; 3] {
    let linear = rgb.map(|v| {
        if v > 0.04045 {
            ((v + 0.055) / 1.055).powf(2.4)
        } else {
            v / 12.92
        }
    });
    let [r, g, b] = linear;
    let xyz = [
        (0.412_453 * r + 0.357_580 * g + 0.180_423 * b) / 0.950_47,
        0.212_671 * r + 0.715_160 * g + 0.072_169 * b,
        (0.019_334 * r + 0.119_193 * g + 0.950_227 * b) / 1.088_83,
    ];
    let [x, y, z] = xyz.map(|t| {
        if t > 0.008_856 {
            t.cbrt()
        } else {
            7.787 * t + 16.0 / 116.0
        }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours_have_their_lab() {
        // skimage.color.rgb2lab
        let near = |got: [f64; 3], want: [f64; 3]| got.iter().zip(want).all(|(a, b)| (a - b).abs() < 0.01);
        assert!(near(lab([1.0, 1.0, 1.0]), [100.0, -0.002, 0.005]));
        assert!(near(lab([1.0, 0.0, 0.0]), [53.24, 80.09, 67.20]));
        assert!(near(lab([0.0, 0.0, 0.0]), [0.0, 0.0, 0.0]));
    }

    #[test]
    fn a_channel_alone_is_grey() {
        let grey = Colours::rgb(&[0.25, 0.5], [1, 1, 2]);
        assert_eq!(grey.of, [[0.25; 3], [0.5; 3]]);
        assert!(Colours::lab(&[0.25, 0.5], [1, 1, 2]).of[0][1].abs() < 0.01);
    }
}
