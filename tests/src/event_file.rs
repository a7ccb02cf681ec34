//! TensorBoard event files, written by the rules of the format and not by our own reader's code:
//! `u64` length, masked CRC-32C of it, the record, masked CRC-32C of the record.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// A growing event file.
#[derive(Debug)]
pub struct EventFile(File);

impl EventFile {
    /// Makes `path` with its version record.
    pub fn create(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = Self(OpenOptions::new().create(true).append(true).open(path)?);
        let mut event = vec![0x09];
        event.extend_from_slice(&1.0f64.to_le_bytes());
        field(&mut event, 3, b"brain.Event:2");
        file.0.write_all(&framed(&event))?;
        Ok(file)
    }

    /// Goes on with a file that is there.
    pub fn append(path: &Path) -> io::Result<Self> {
        if !path.exists() {
            return Self::create(path);
        }
        Ok(Self(OpenOptions::new().append(true).open(path)?))
    }

    /// Appends one point per step in `steps` to `tag`; the value is the step times `factor`.
    pub fn scalars(&mut self, tag: &str, steps: std::ops::Range<i64>, factor: f32) -> io::Result<()> {
        let mut bytes = Vec::new();
        for step in steps {
            let mut value = Vec::new();
            field(&mut value, 1, tag.as_bytes());
            value.push(0x15);
            value.extend_from_slice(&(step as f32 * factor).to_le_bytes());
            bytes.extend_from_slice(&event(step, &value));
        }
        self.0.write_all(&bytes)
    }

    /// Appends a histogram: right borders of its bins and what they hold.
    pub fn histogram(&mut self, tag: &str, step: i64, limits: &[f64], counts: &[f64]) -> io::Result<()> {
        let packed = |values: &[f64]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
        let mut histogram = Vec::new();
        field(&mut histogram, 6, &packed(limits));
        field(&mut histogram, 7, &packed(counts));
        let mut value = Vec::new();
        field(&mut value, 1, tag.as_bytes());
        field(&mut value, 5, &histogram);
        self.0.write_all(&event(step, &value))
    }

    /// Appends a tensor of 32-bit floats that belongs to a plugin.
    pub fn floats(&mut self, tag: &str, plugin: &str, step: i64, shape: &[u64], values: &[f32]) -> io::Result<()> {
        let mut dims = Vec::new();
        for size in shape {
            let mut dim = vec![0x08];
            varint(&mut dim, *size);
            field(&mut dims, 2, &dim);
        }
        let mut tensor = vec![0x08, 1];
        field(&mut tensor, 2, &dims);
        field(
            &mut tensor,
            4,
            &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>(),
        );
        self.tensor(tag, step, plugin, &[], &tensor)
    }

    /// Appends a tensor of one string that belongs to a plugin.
    pub fn string(&mut self, tag: &str, plugin: &str, step: i64, bytes: &[u8]) -> io::Result<()> {
        let mut tensor = vec![0x08, 7];
        field(&mut tensor, 2, &[]);
        field(&mut tensor, 8, bytes);
        self.tensor(tag, step, plugin, &[], &tensor)
    }

    /// Appends a picture of `width` by `height` pixels as it is encoded.
    pub fn image(&mut self, tag: &str, step: i64, width: u64, height: u64, encoded: &[u8]) -> io::Result<()> {
        let mut image = vec![0x08];
        varint(&mut image, height);
        image.push(0x10);
        varint(&mut image, width);
        field(&mut image, 4, encoded);
        let mut value = Vec::new();
        field(&mut value, 1, tag.as_bytes());
        field(&mut value, 4, &image);
        self.0.write_all(&event(step, &value))
    }

    /// Appends a tensor that a plugin of that name logged, with the plugin's own words about it.
    pub fn tensor(&mut self, tag: &str, step: i64, plugin: &str, content: &[u8], tensor: &[u8]) -> io::Result<()> {
        let mut data = Vec::new();
        field(&mut data, 1, plugin.as_bytes());
        field(&mut data, 2, content);
        let mut metadata = Vec::new();
        field(&mut metadata, 1, &data);
        let mut value = Vec::new();
        field(&mut value, 1, tag.as_bytes());
        field(&mut value, 8, tensor);
        field(&mut value, 9, &metadata);
        self.0.write_all(&event(step, &value))
    }

    /// Appends a part of a mesh: 1 are its points, 2 its faces, 3 its colours; one mesh of rows of three numbers.
    pub fn mesh(&mut self, name: &str, step: i64, part: u8, numbers: &[f32]) -> io::Result<()> {
        let mut content = Vec::new();
        field(&mut content, 2, name.as_bytes());
        content.extend_from_slice(&[0x18, part]);
        field(&mut content, 5, br#"{"camera":{"fov":50}}"#);
        let tag = format!("{name}_{}", ["VERTEX", "FACE", "COLOR"][usize::from(part) - 1]);
        let packed: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let mut tensor = vec![0x08, 1];
        shape(&mut tensor, &[1, numbers.len() as u64 / 3, 3]);
        field(&mut tensor, 4, &packed);
        self.tensor(&tag, step, "mesh", &content, &tensor)
    }
}

/// A tensor of strings.
pub fn strings(dims: &[u64], strings: &[&[u8]]) -> Vec<u8> {
    let mut tensor = vec![0x08, 7];
    shape(&mut tensor, dims);
    for one in strings {
        field(&mut tensor, 8, one);
    }
    tensor
}

fn shape(tensor: &mut Vec<u8>, dims: &[u64]) {
    let mut shape = Vec::new();
    for &size in dims {
        let mut dim = vec![0x08];
        varint(&mut dim, size);
        field(&mut shape, 2, &dim);
    }
    field(tensor, 2, &shape);
}

/// The framed event that holds one value, logged `step` seconds after second 1000.
fn event(step: i64, value: &[u8]) -> Vec<u8> {
    let mut summary = Vec::new();
    field(&mut summary, 1, value);
    let mut event = vec![0x09];
    event.extend_from_slice(&(1000.0 + step as f64).to_le_bytes());
    event.push(0x10);
    varint(&mut event, step as u64);
    field(&mut event, 5, &summary);
    framed(&event)
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn field(out: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    out.push(number << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn framed(event: &[u8]) -> Vec<u8> {
    let length = (event.len() as u64).to_le_bytes();
    let mut record = length.to_vec();
    record.extend_from_slice(&masked_crc(&length).to_le_bytes());
    record.extend_from_slice(event);
    record.extend_from_slice(&masked_crc(event).to_le_bytes());
    record
}

fn masked_crc(bytes: &[u8]) -> u32 {
    let mut crc = !0u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x82F6_3B78 } else { crc >> 1 };
        }
    }
    (!crc).rotate_right(15).wrapping_add(0xA282_EAD8)
}
