//! Picture files made for tests.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, ExtendedColorType, GrayImage, ImageBuffer, ImageEncoder as _, ImageFormat, Luma};

/// `picture` as a file of `format`.
pub fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, format).expect("it can be written");
    out.into_inner()
}

/// Two pixels side by side, 10 and 200, in a PNG whose EXIF part says `orientation`.
pub fn turned(orientation: u8) -> Vec<u8> {
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    let mut out = Vec::new();
    let mut encoder = PngEncoder::new(&mut out);
    encoder.set_exif_metadata(exif).expect("PNG takes EXIF");
    encoder
        .write_image(&[10, 200], 2, 1, ExtendedColorType::L8)
        .expect("it can be written");
    out
}

/// A small gradient of 16 bits.
pub fn deep() -> DynamicImage {
    DynamicImage::ImageLuma16(ImageBuffer::from_fn(4, 3, |x, y| Luma([(x * 300 + y * 20_000) as u16])))
}

/// A DICOM file, element by element.
pub struct Dicom {
    bytes: Vec<u8>,
}

pub const EXPLICIT: &str = "1.2.840.10008.1.2.1";
pub const RLE: &str = "1.2.840.10008.1.2.5";
pub const JPEG: &str = "1.2.840.10008.1.2.4.50";

impl Dicom {
    /// The head of a file in this transfer syntax, with a patient's name and a private element in it.
    pub fn new(syntax: &str) -> Self {
        let mut meta = Self { bytes: Vec::new() };
        meta.put(0x0002, 0x0001, "OB", &[0, 1]);
        meta.text(0x0002, 0x0002, "UI", "1.2.840.10008.5.1.4.1.1.7");
        meta.text(0x0002, 0x0003, "UI", "1.2.3.4");
        meta.text(0x0002, 0x0010, "UI", syntax);
        meta.text(0x0002, 0x0012, "UI", "1.2.3");
        let mut file = Self { bytes: vec![0; 128] };
        file.bytes.extend(b"DICM");
        file.put(0x0002, 0x0000, "UL", &(meta.bytes.len() as u32).to_le_bytes());
        file.bytes.extend(meta.bytes);
        file.text(0x0008, 0x0016, "UI", "1.2.840.10008.5.1.4.1.1.7");
        file.text(0x0009, 0x0010, "LO", "SECRETVENDOR");
        file.text(0x0010, 0x0010, "PN", "Doe^Jane");
        file
    }

    pub fn put(&mut self, group: u16, element: u16, vr: &str, value: &[u8]) {
        self.bytes.extend(group.to_le_bytes());
        self.bytes.extend(element.to_le_bytes());
        self.bytes.extend(vr.as_bytes());
        if ["OB", "OW"].contains(&vr) {
            self.bytes.extend([0, 0]);
            self.bytes.extend((value.len() as u32).to_le_bytes());
        } else {
            self.bytes.extend((value.len() as u16).to_le_bytes());
        }
        self.bytes.extend(value);
    }

    pub fn text(&mut self, group: u16, element: u16, vr: &str, value: &str) {
        let mut bytes = value.as_bytes().to_vec();
        if bytes.len() % 2 == 1 {
            bytes.push(if vr == "UI" { 0 } else { b' ' });
        }
        self.put(group, element, vr, &bytes);
    }

    pub fn number(&mut self, element: u16, value: u16) {
        self.put(0x0028, element, "US", &value.to_le_bytes());
    }

    /// What describes a grey picture.
    pub fn grey(
        mut self,
        photometric: &str,
        (rows, columns): (u16, u16),
        [allocated, stored]: [u16; 2],
        signed: bool,
    ) -> Self {
        self.number(0x0002, 1);
        self.text(0x0028, 0x0004, "CS", photometric);
        self.number(0x0010, rows);
        self.number(0x0011, columns);
        self.number(0x0100, allocated);
        self.number(0x0101, stored);
        self.number(0x0102, stored - 1);
        self.number(0x0103, u16::from(signed));
        self
    }

    /// Window and rescale.
    pub fn window(mut self, centre: &str, width: &str, intercept: &str, slope: &str) -> Self {
        self.text(0x0028, 0x1050, "DS", centre);
        self.text(0x0028, 0x1051, "DS", width);
        self.text(0x0028, 0x1052, "DS", intercept);
        self.text(0x0028, 0x1053, "DS", slope);
        self
    }

    /// With values as they are.
    pub fn plain(mut self, vr: &str, values: &[u8]) -> Vec<u8> {
        self.put(0x7fe0, 0x0010, vr, values);
        self.bytes
    }

    /// With one packed fragment.
    pub fn packed(mut self, fragment: &[u8]) -> Vec<u8> {
        self.bytes.extend([0xe0, 0x7f, 0x10, 0x00]);
        self.bytes.extend(b"OB\0\0\xff\xff\xff\xff");
        let mut fragment = fragment.to_vec();
        if fragment.len() % 2 == 1 {
            fragment.push(0);
        }
        for item in [&[][..], &fragment] {
            self.bytes.extend([0xfe, 0xff, 0x00, 0xe0]);
            self.bytes.extend((item.len() as u32).to_le_bytes());
            self.bytes.extend(item);
        }
        self.bytes.extend([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
        self.bytes
    }
}

/// Bytes in RLE of one segment, without runs.
pub fn rle(values: &[u8]) -> Vec<u8> {
    let mut out = vec![0; 64];
    out[0] = 1;
    out[4] = 64;
    out.push((values.len() - 1) as u8);
    out.extend(values);
    out
}

/// A plain grey picture as JPEG.
pub fn jpeg(side: u32, level: u8) -> Vec<u8> {
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, 95)
        .encode_image(&GrayImage::from_pixel(side, side, Luma([level])))
        .expect("it can be written");
    out
}

/// One file of every kind, for what changes bytes.
pub fn seeds() -> Vec<Vec<u8>> {
    let shallow = DynamicImage::ImageRgb8(deep().to_rgb8());
    let values: Vec<u8> = (0u16..9).flat_map(|v| (v * 400).to_le_bytes()).collect();
    vec![
        file(&deep(), ImageFormat::Png),
        file(&deep(), ImageFormat::Tiff),
        file(&shallow, ImageFormat::WebP),
        file(&shallow, ImageFormat::Jpeg),
        turned(6),
        Dicom::new(EXPLICIT)
            .grey("MONOCHROME1", (3, 3), [16, 12], false)
            .window("1000", "2000", "-10", "2")
            .plain("OW", &values),
        Dicom::new(RLE)
            .grey("MONOCHROME2", (2, 2), [8, 8], false)
            .packed(&rle(&[0, 85, 170, 255])),
        Dicom::new(JPEG)
            .grey("MONOCHROME2", (8, 8), [8, 8], false)
            .packed(&jpeg(8, 128)),
    ]
}
