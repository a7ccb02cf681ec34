//! Pictures as uploads: every format, upright, as deep as written, and of DICOM nothing but the picture.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

#[path = "pictures/made.rs"]
mod made;

use glassboard_model::InputSpec;
use glassboard_worker::decode::{Decoded, Imaging, decode};
use glassboard_worker::preprocess::Preprocess;
use image::{DynamicImage, ImageFormat};
use made::{Dicom, EXPLICIT, JPEG, RLE, deep, file, jpeg, rle, seeds, turned};
use proptest::prelude::*;

fn picture(bytes: &[u8]) -> DynamicImage {
    match decode(bytes, "x").unwrap() {
        Decoded::Picture(picture) => picture,
        other => panic!("{other:?}"),
    }
}

fn dicom(bytes: &[u8]) -> (Vec<u16>, Imaging) {
    match decode(bytes, "x").unwrap() {
        Decoded::Dicom(found) => (found.picture.to_luma16().into_raw(), found.imaging),
        other => panic!("{other:?}"),
    }
}

/// As a model of one channel takes it, scaled to 0..1.
fn prepared(bytes: &[u8], h: usize, w: usize) -> Vec<f32> {
    let spec = InputSpec {
        name: "x".into(),
        shape: vec![None, Some(1), Some(h), Some(w)],
    };
    let prepared = Preprocess::guess(&spec)
        .apply(&decode(bytes, "x").unwrap(), 0, &spec)
        .unwrap();
    prepared.x.iter().copied().collect()
}

#[test]
fn sixteen_bits_reach_the_model() {
    for format in [ImageFormat::Png, ImageFormat::Tiff] {
        let got = prepared(&file(&deep(), format), 3, 4);
        let want = deep().to_luma16().into_raw();
        for (got, want) in got.iter().zip(want) {
            let want = f32::from(want) / 65_535.0;
            assert!((got - want).abs() < 1e-6, "{format:?}: {got} {want}");
        }
    }
}

#[test]
fn webp_and_tiff_are_read_as_they_are() {
    let colour = DynamicImage::ImageRgb8(deep().to_rgb8());
    for format in [ImageFormat::WebP, ImageFormat::Tiff, ImageFormat::Png] {
        assert_eq!(
            picture(&file(&colour, format)).to_rgb8(),
            colour.to_rgb8(),
            "{format:?}"
        );
    }
}

#[test]
fn a_picture_is_turned_as_its_exif_says() {
    let turned = |orientation| {
        let picture = picture(&turned(orientation)).to_luma8();
        ((picture.width(), picture.height()), picture.into_raw())
    };
    assert_eq!(turned(1), ((2, 1), vec![10, 200]));
    assert_eq!(turned(2), ((2, 1), vec![200, 10]));
    assert_eq!(turned(6), ((1, 2), vec![10, 200]));
    assert_eq!(turned(8), ((1, 2), vec![200, 10]));
    assert_eq!(turned(99), ((2, 1), vec![10, 200]), "nonsense is no orientation");
}

#[test]
fn stored_values_go_through_rescale_and_window() {
    // Stored 0, 500, 1000 with slope 2 and intercept -1000: -1000, 0, 1000; a window of 1001 around 0.5.
    let values: Vec<u8> = [0u16, 500, 1000, 750].iter().flat_map(|v| v.to_le_bytes()).collect();
    let made = |photometric: &str| {
        Dicom::new(EXPLICIT)
            .grey(photometric, (2, 2), [16, 12], false)
            .window("0.5", "1001", "-1000", "2")
            .plain("OW", &values)
    };
    let (levels, imaging) = dicom(&made("MONOCHROME2"));
    assert_eq!(levels, [0, 32_768, 65_535, 65_535]);
    assert_eq!((imaging.slope, imaging.intercept, imaging.bits), (2.0, -1000.0, 12));
    assert_eq!(imaging.window, Some([0.5, 1001.0]));
    let (inverted, _) = dicom(&made("MONOCHROME1"));
    // The middle of the window may round either way.
    assert!(
        inverted
            .iter()
            .zip(&levels)
            .all(|(a, b)| (65_535 - a).abs_diff(*b) <= 1),
        "{inverted:?}"
    );
}

#[test]
fn without_a_window_the_values_are_spanned_and_signs_are_kept() {
    let values: Vec<u8> = [-100i16, 0, 100, 50]
        .iter()
        .flat_map(|v| (v & 0xfff).to_le_bytes())
        .collect();
    let file = Dicom::new(EXPLICIT)
        .grey("MONOCHROME2", (2, 2), [16, 12], true)
        .plain("OW", &values);
    let (levels, imaging) = dicom(&file);
    assert_eq!(levels, [0, 32_768, 65_535, 49_151]);
    assert!(!imaging.window_stored && imaging.window == Some([0.0, 200.0]));
}

#[test]
fn packed_pictures_are_read() {
    let grey = |syntax, size, fragment: &[u8]| {
        Dicom::new(syntax)
            .grey("MONOCHROME2", (size, size), [8, 8], false)
            .window("128", "256", "0", "1")
            .packed(fragment)
    };
    let (levels, _) = dicom(&grey(RLE, 2, &rle(&[0, 85, 170, 255])));
    assert_eq!((levels[0], levels[3]), (0, 65_535));
    assert!(
        levels[1].abs_diff(21_845) < 200 && levels[2].abs_diff(43_690) < 200,
        "{levels:?}"
    );
    let (levels, _) = dicom(&grey(JPEG, 8, &jpeg(8, 128)));
    assert!(levels.iter().all(|v| v.abs_diff(32_896) < 600), "{levels:?}");
}

#[test]
fn colour_is_read_plane_by_plane_and_pixel_by_pixel() {
    let made = |planar: u16, values: &[u8]| {
        let mut file = Dicom::new(EXPLICIT);
        file.number(0x0002, 3);
        file.text(0x0028, 0x0004, "CS", "RGB");
        for (element, value) in [
            (0x0006, planar),
            (0x0010, 1),
            (0x0011, 2),
            (0x0100, 8),
            (0x0101, 8),
            (0x0102, 7),
            (0x0103, 0),
        ] {
            file.number(element, value);
        }
        let Decoded::Dicom(found) = decode(&file.plain("OB", values), "x").unwrap() else {
            panic!()
        };
        found.picture.to_rgb8().into_raw()
    };
    assert_eq!(made(0, &[1, 2, 3, 4, 5, 6]), [1, 2, 3, 4, 5, 6]);
    assert_eq!(made(1, &[1, 4, 2, 5, 3, 6]), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn nothing_of_a_patient_leaves_the_reader() {
    let file = Dicom::new(EXPLICIT)
        .grey("MONOCHROME2", (2, 2), [8, 8], false)
        .plain("OB", &[0, 1, 2, 3]);
    assert!(file.windows(8).any(|w| w == b"Doe^Jane"));
    let (_, imaging) = dicom(&file);
    assert_eq!((imaging.dropped, imaging.dropped_private), (3, 1));
    let said = format!("{} {}", serde_json::to_string(&imaging).unwrap(), imaging.sentence());
    assert!(!said.contains("Doe") && !said.contains("SECRET"), "{said}");
    assert!(said.contains("3 other elements, 1 of them private"), "{said}");
}

#[test]
fn what_cannot_be_read_is_told_in_a_sentence() {
    let why = |bytes: &[u8]| decode(bytes, "x").unwrap_err().message;
    let frames = {
        let mut file = Dicom::new(EXPLICIT);
        file.text(0x0028, 0x0008, "IS", "12");
        file.grey("MONOCHROME2", (1, 1), [8, 8], false).plain("OB", &[0; 12])
    };
    assert!(why(&frames).contains("12 frames"), "{}", why(&frames));
    let palette = Dicom::new(EXPLICIT)
        .grey("PALETTE COLOR", (1, 2), [8, 8], false)
        .plain("OB", &[0, 1]);
    assert!(why(&palette).contains("PALETTE COLOR"), "{}", why(&palette));
    let short = Dicom::new(EXPLICIT)
        .grey("MONOCHROME2", (9, 9), [8, 8], false)
        .plain("OB", &[0, 1]);
    assert!(why(&short).contains("DICOM"), "{}", why(&short));
    let jpeg2000 = Dicom::new("1.2.840.10008.1.2.4.90")
        .grey("MONOCHROME2", (1, 1), [8, 8], false)
        .packed(&[0, 0]);
    assert!(
        why(&jpeg2000).contains("uncompressed, RLE and JPEG"),
        "{}",
        why(&jpeg2000)
    );
    let mut none = Dicom::new(EXPLICIT);
    none.number(0x0010, 1);
    let none = none.plain("OB", &[]);
    assert!(
        why(&none[..none.len() - 12]).contains("no picture"),
        "{}",
        why(&none[..none.len() - 12])
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn changed_bytes_end_in_a_picture_or_a_sentence(
        which in 0usize..8, cut in 0.2f64..1.0, changes in prop::collection::vec((0.0f64..1.0, any::<u8>()), 0..6)
    ) {
        let mut bytes = seeds().swap_remove(which);
        for (at, byte) in changes {
            let place = (at * bytes.len() as f64) as usize;
            bytes[place] = byte;
        }
        bytes.truncate((bytes.len() as f64 * cut).ceil() as usize);
        match decode(&bytes, "x") {
            Ok(Decoded::Picture(picture)) => prop_assert!(picture.width() > 0),
            Ok(Decoded::Dicom(found)) => prop_assert_eq!(
                found.picture.as_bytes().len() % (found.picture.width() as usize * found.picture.height() as usize).max(1), 0
            ),
            Ok(_) => {}
            Err(why) => prop_assert!(!why.message.is_empty()),
        }
    }
}
