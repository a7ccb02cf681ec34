//! A decoded picture as numbers, as deep as it was written.

use image::{DynamicImage, Rgb, Rgba};

/// What a step of 16 bits is of one of 8: 65,535 / 255.
const STEP: f32 = 257.0;

/// Colours pixel by pixel, one (`grey`) or three numbers each, from 0 to 255. Of 8 bits they are whole; of 16 bits they
/// are not, so that nothing of the depth is lost.
pub(crate) fn numbers(picture: &DynamicImage, grey: bool) -> Vec<f32> {
    let fine = |values: Vec<u16>| values.into_iter().map(|v| f32::from(v) / STEP).collect();
    let coarse = |values: Vec<u8>| values.into_iter().map(f32::from).collect();
    match (picture, grey) {
        (DynamicImage::ImageRgb32F(_) | DynamicImage::ImageRgba32F(_), false) => {
            picture.to_rgb32f().into_raw().into_iter().map(|v| v * 255.0).collect()
        }
        (DynamicImage::ImageRgb32F(_) | DynamicImage::ImageRgba32F(_), true) => {
            picture.to_luma32f().into_raw().into_iter().map(|v| v * 255.0).collect()
        }
        (_, true) if is_deep(picture) => fine(picture.to_luma16().into_raw()),
        (_, false) if is_deep(picture) => fine(picture.to_rgb16().into_raw()),
        (_, true) => coarse(picture.to_luma8().into_raw()),
        (_, false) => coarse(picture.to_rgb8().into_raw()),
    }
}

fn is_deep(picture: &DynamicImage) -> bool {
    picture.color().bytes_per_pixel() > picture.color().channel_count()
}

/// The picture on white, as on a page: what is transparent takes no part.
pub(crate) fn on_white(picture: &DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return picture.clone();
    }
    match picture {
        DynamicImage::ImageRgba32F(_) => {
            let mut rgba = picture.to_rgba32f();
            for Rgba([r, g, b, alpha]) in rgba.pixels_mut() {
                for channel in [r, g, b] {
                    *channel = *channel * *alpha + 1.0 - *alpha;
                }
                *alpha = 1.0;
            }
            DynamicImage::ImageRgba32F(rgba)
        }
        _ if is_deep(picture) => {
            let mut rgba = picture.to_rgba16();
            for pixel in rgba.pixels_mut() {
                let alpha = u64::from(pixel.0[3]);
                for channel in &mut pixel.0[..3] {
                    *channel = ((u64::from(*channel) * alpha + 65_535 * (65_535 - alpha) + 32_767) / 65_535) as u16;
                }
                pixel.0[3] = u16::MAX;
            }
            DynamicImage::ImageRgba16(rgba)
        }
        _ => {
            let mut rgba = picture.to_rgba8();
            for pixel in rgba.pixels_mut() {
                let alpha = u32::from(pixel.0[3]);
                for channel in &mut pixel.0[..3] {
                    *channel = ((u32::from(*channel) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
                }
                pixel.0[3] = 255;
            }
            DynamicImage::ImageRgba8(rgba)
        }
    }
}

/// As a screen shows it, 8 bits a channel.
pub(crate) fn shown(picture: &DynamicImage) -> DynamicImage {
    let flat = on_white(picture);
    let (width, height) = (flat.width(), flat.height());
    let levels: Vec<u8> = numbers(&flat, false).into_iter().map(|v| v.round() as u8).collect();
    image::ImageBuffer::<Rgb<u8>, _>::from_raw(width, height, levels)
        .map_or_else(|| DynamicImage::ImageRgb8(flat.to_rgb8()), DynamicImage::ImageRgb8)
}

#[cfg(test)]
mod tests {
    use image::{ImageBuffer, Luma};

    use super::*;

    #[test]
    fn sixteen_bits_keep_their_depth_and_eight_stay_whole() {
        let deep = DynamicImage::ImageLuma16(ImageBuffer::from_fn(3, 1, |x, _| Luma([[0, 300, 65_535][x as usize]])));
        let got = numbers(&deep, true);
        assert_eq!(got, [0.0, 300.0 / 257.0, 255.0]);
        let plain = DynamicImage::ImageLuma8(ImageBuffer::from_fn(2, 1, |x, _| Luma([7 + x as u8])));
        assert_eq!(numbers(&plain, true), [7.0, 8.0]);
        assert_eq!(numbers(&plain, false), [7.0, 7.0, 7.0, 8.0, 8.0, 8.0]);
    }

    #[test]
    fn what_is_transparent_is_white_at_every_depth() {
        let clear = ImageBuffer::from_pixel(1, 1, Rgba([0u8, 100, 200, 0]));
        let white = on_white(&DynamicImage::ImageRgba8(clear));
        assert_eq!(numbers(&white, false), [255.0; 3]);
        let half = ImageBuffer::from_pixel(1, 1, Rgba([0u16, 0, 65_535, 32_768]));
        let got = numbers(&on_white(&DynamicImage::ImageRgba16(half)), false);
        assert!(
            (got[0] - 127.5).abs() < 0.01 && (got[2] - 255.0).abs() < 1e-3,
            "{got:?}"
        );
        let float = ImageBuffer::from_pixel(1, 1, Rgba([0.5f32, 0.0, 1.0, 1.0]));
        assert_eq!(
            numbers(&on_white(&DynamicImage::ImageRgba32F(float)), false),
            [127.5, 0.0, 255.0]
        );
    }
}
