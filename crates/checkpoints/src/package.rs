//! A zip that holds one ONNX file and the files of its external data: one model.
//!
//! Names in the zip are looked up as text and never become paths. An entry that is stored as it is is read in place;
//! a compressed one is unpacked into a scratch file without a name, within limits.

use std::cell::Cell;
use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use zip::{CompressionMethod, ZipArchive};

use crate::source::{Cursor, Slice};
use crate::{CheckpointError, Result, text};

/// Most entries of a zip.
const MAX_ENTRIES: usize = 10_000;
/// Most bytes of a zip's directory.
const MAX_DIRECTORY: u64 = 16 << 20;
/// Most bytes that are unpacked, and how many times the size of the zip beyond a first allowance.
const MAX_UNPACKED: u64 = 8 << 30;
const MAX_RATIO: u64 = 30;
const ALLOWANCE: u64 = 64 << 20;

/// The zip of a model.
pub(crate) struct Package {
    zip: ZipArchive<Bounded>,
    file: Slice,
    model: usize,
    /// Folder of the model inside the zip: empty, or with a slash at the end.
    folder: String,
    by_name: HashMap<String, usize>,
    opened: HashMap<usize, Slice>,
    unpacked: u64,
}

impl Package {
    /// Opens a zip if it holds an ONNX file; `None` for everything else.
    pub(crate) fn open(file: &Slice) -> Result<Option<Self>> {
        let mut magic = [0; 4];
        if file.read_exact_at(0, &mut magic).is_err() || magic != *b"PK\x03\x04" {
            return Ok(None);
        }
        let left = Rc::new(Cell::new(MAX_DIRECTORY));
        let reader = Bounded {
            inner: Cursor::new(file.clone()),
            left: Rc::clone(&left),
        };
        let zip = match ZipArchive::new(reader) {
            Ok(zip) => zip,
            Err(zip::result::ZipError::Io(error)) if error.kind() == io::ErrorKind::QuotaExceeded => {
                return Err(CheckpointError::Limit(format!(
                    "the directory of this zip has more than {} MiB",
                    MAX_DIRECTORY >> 20
                )));
            }
            Err(_) => return Ok(None), // the reader of PyTorch files says what is wrong
        };
        if zip.len() > MAX_ENTRIES {
            return Ok(None);
        }
        left.set(u64::MAX); // what is unpacked has limits of its own
        let mut by_name = HashMap::new();
        let mut models = Vec::new();
        for index in 0..zip.len() {
            let Some(name) = zip.name_for_index(index) else {
                continue;
            };
            if is_model(name) {
                models.push((index, name.to_owned()));
            }
            by_name.insert(name.to_owned(), index);
        }
        let (model, name) = match models.as_slice() {
            [] => return Ok(None),
            [(index, name)] => (*index, name),
            [(_, one), (_, other), ..] => {
                return Err(CheckpointError::Unsupported(format!(
                    "this zip holds more than one ONNX file (`{}`, `{}`); a zip is one model: one .onnx file and its data files",
                    text::short(one),
                    text::short(other)
                )));
            }
        };
        let folder = name.rfind('/').map_or(String::new(), |slash| name[..=slash].to_owned());
        Ok(Some(Self {
            zip,
            file: file.clone(),
            model,
            folder,
            by_name,
            opened: HashMap::new(),
            unpacked: 0,
        }))
    }

    /// The ONNX file.
    pub(crate) fn model(&mut self) -> Result<Slice> {
        self.entry(self.model)
    }

    /// A file beside the ONNX file, by the parts of its name.
    pub(crate) fn beside_model(&mut self, parts: &[&str]) -> Result<Option<Slice>> {
        let name = format!("{}{}", self.folder, parts.join("/"));
        match self.by_name.get(&name) {
            Some(&index) => self.entry(index).map(Some),
            None => Ok(None),
        }
    }

    fn entry(&mut self, index: usize) -> Result<Slice> {
        if let Some(slice) = self.opened.get(&index) {
            return Ok(slice.clone());
        }
        let slice = self.read(index)?;
        self.opened.insert(index, slice.clone());
        Ok(slice)
    }

    fn read(&mut self, index: usize) -> Result<Slice> {
        let limit = MAX_UNPACKED.min(ALLOWANCE + self.file.length().saturating_mul(MAX_RATIO));
        let left = limit - self.unpacked;
        let damaged =
            |error: &dyn std::fmt::Display| CheckpointError::Damaged(format!("this zip is damaged ({error})"));
        let entry = self.zip.by_index_raw(index).map_err(|error| damaged(&error))?;
        let name = text::short(entry.name());
        if entry.encrypted() {
            return Err(CheckpointError::Unsupported(format!(
                "`{name}` in this zip has a password"
            )));
        }
        if entry.compression() == CompressionMethod::Stored {
            let place = self.file.part(entry.data_start(), entry.size());
            return place.ok_or_else(|| damaged(&format!("`{name}` reaches past its end")));
        }
        drop(entry);
        let entry = self.zip.by_index(index).map_err(|error| match error {
            zip::result::ZipError::UnsupportedArchive(what) => {
                CheckpointError::Unsupported(format!("`{name}` in this zip cannot be unpacked: {what}"))
            }
            other => damaged(&other),
        })?;
        let scratch = |source| CheckpointError::Io {
            context: format!("unpacking `{name}`"),
            source,
        };
        let mut file = tempfile::tempfile().map_err(scratch)?;
        let unpacked =
            io::copy(&mut entry.take(left.saturating_add(1)), &mut file).map_err(|error| match error.kind() {
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                    damaged(&error)
                }
                _ => scratch(error),
            })?;
        if unpacked > left {
            return Err(CheckpointError::Limit(format!(
                "this zip would unpack to more than {} MiB; store its files without compression",
                limit >> 20
            )));
        }
        self.unpacked += unpacked;
        Slice::file(file).map_err(scratch)
    }
}

fn is_model(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or_default();
    let ending = file.len() >= 5 && file.as_bytes()[file.len() - 5..].eq_ignore_ascii_case(b".onnx");
    // What a Mac adds for every file of a zip.
    ending && !file.starts_with("._")
}

/// Reads no more than it is allowed to.
struct Bounded {
    inner: Cursor,
    left: Rc<Cell<u64>>,
}

impl Read for Bounded {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(into)?;
        match self.left.get().checked_sub(n as u64) {
            Some(left) => self.left.set(left),
            None => return Err(io::ErrorKind::QuotaExceeded.into()),
        }
        Ok(n)
    }
}

impl Seek for Bounded {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor as Memory, Write};

    use zip::write::SimpleFileOptions;

    use super::*;

    fn zip(entries: &[(&str, &[u8], CompressionMethod)]) -> Slice {
        let mut writer = zip::ZipWriter::new(Memory::new(Vec::new()));
        for (name, bytes, method) in entries {
            let options = SimpleFileOptions::default().compression_method(*method);
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        Slice::memory(writer.finish().unwrap().into_inner().into())
    }

    fn bytes(slice: &Slice) -> Vec<u8> {
        slice.bytes().unwrap().to_vec()
    }

    #[test]
    fn entries_are_found_beside_the_model_by_their_names() {
        use CompressionMethod::{Deflated, Stored};
        let file = zip(&[
            ("__MACOSX/a/._net.onnx", b"x", Stored),
            ("w.bin", b"outside", Stored),
            ("a/net.ONNX", b"model", Deflated),
            ("a/w.bin", b"weights", Stored),
            ("a/deep/w.bin", b"deep weights", Deflated),
        ]);
        let mut package = Package::open(&file).unwrap().unwrap();
        assert_eq!(bytes(&package.model().unwrap()), b"model");
        assert_eq!(bytes(&package.beside_model(&["w.bin"]).unwrap().unwrap()), b"weights");
        assert_eq!(
            bytes(&package.beside_model(&["deep", "w.bin"]).unwrap().unwrap()),
            b"deep weights"
        );
        assert!(package.beside_model(&["other.bin"]).unwrap().is_none());
    }

    #[test]
    fn other_zips_are_somebody_elses_and_two_models_are_refused() {
        let stored = CompressionMethod::Stored;
        assert!(
            Package::open(&zip(&[("archive/data.pkl", b"x", stored)]))
                .unwrap()
                .is_none()
        );
        assert!(
            Package::open(&Slice::memory(b"PK\x03\x04rest".to_vec().into()))
                .unwrap()
                .is_none()
        );
        let two = Package::open(&zip(&[("a.onnx", b"x", stored), ("b.onnx", b"y", stored)]));
        assert!(two.err().unwrap().to_string().contains("more than one ONNX file"));
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let zeros = vec![0; 80 << 20];
        let mut package = Package::open(&zip(&[("net.onnx", &zeros, CompressionMethod::Deflated)]))
            .unwrap()
            .unwrap();
        let error = package.model().unwrap_err().to_string();
        assert!(error.contains("without compression"), "{error}");
    }
}
