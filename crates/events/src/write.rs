//! A small writer of event files, for tests and for tools that make logs.

/// CRC-32C with the rotation and offset that `TFRecord` adds.
pub fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// Appends one framed record.
pub fn record(file: &mut Vec<u8>, payload: &[u8]) {
    let length = (payload.len() as u64).to_le_bytes();
    file.extend(length);
    file.extend(masked_crc(&length).to_le_bytes());
    file.extend(payload);
    file.extend(masked_crc(payload).to_le_bytes());
}

/// A message under construction.
#[derive(Debug, Default, Clone)]
pub struct Message(pub Vec<u8>);

impl Message {
    /// Adds a varint field.
    #[must_use]
    pub fn integer(mut self, field: u32, value: i64) -> Self {
        self.varint(u64::from(field) << 3);
        self.varint(value as u64);
        self
    }

    /// Adds a double field.
    #[must_use]
    pub fn double(mut self, field: u32, value: f64) -> Self {
        self.varint(u64::from(field) << 3 | 1);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// Adds a float field.
    #[must_use]
    pub fn float(mut self, field: u32, value: f32) -> Self {
        self.varint(u64::from(field) << 3 | 5);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// Adds bytes, a string or a message.
    #[must_use]
    pub fn bytes(mut self, field: u32, value: &[u8]) -> Self {
        self.varint(u64::from(field) << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend(value);
        self
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

/// The first event of every file.
pub fn version(wall: f64) -> Vec<u8> {
    Message::default().double(1, wall).bytes(3, b"brain.Event:2").0
}

/// A session's start at `step`: what stands at this step and later is superseded.
pub fn session_start(wall: f64, step: i64) -> Vec<u8> {
    Message::default()
        .double(1, wall)
        .integer(2, step)
        .bytes(7, &Message::default().integer(1, 1).0)
        .0
}

/// An event with one `Summary.Value`.
pub fn summary(wall: f64, step: i64, value: &Message) -> Vec<u8> {
    Message::default()
        .double(1, wall)
        .integer(2, step)
        .bytes(5, &Message::default().bytes(1, &value.0).0)
        .0
}

/// An event with one scalar, as PyTorch writes it.
pub fn scalar(wall: f64, step: i64, tag: &str, value: f32) -> Vec<u8> {
    summary(wall, step, &Message::default().bytes(1, tag.as_bytes()).float(2, value))
}
