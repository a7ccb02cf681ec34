//! External data: tensors whose bytes are in other files of the same upload.
//!
//! A model names those files by text that anybody may have written. Of an upload nothing but the entries of its own
//! zip is ever opened, by their names in the zip. On the command line the model's own folder is its upload: the path
//! must be relative and stay inside, links that leave the folder are not followed, and only regular files are opened.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Component, Path, PathBuf};

use super::tensor::{Outside, TensorInfo};
use crate::package::Package;
use crate::source::Slice;
use crate::{CheckpointError, Result, files, text};

/// Most files that one model may spread its tensors over.
const MAX_FILES: usize = 1_000;

/// What lies beside a model.
pub(super) enum Beside {
    /// It came alone.
    Nothing,
    /// A folder, by its real path.
    Folder(PathBuf, HashMap<String, Found>),
    /// A zip.
    Zip(Package),
}

/// A file's bytes, or why it is not opened.
type Found = Result<Slice, String>;

impl Beside {
    /// The folder that a model lies in.
    pub(super) fn folder_of(model: &Path) -> Result<Self> {
        let folder = match model.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let real = folder.canonicalize().map_err(|source| files::io(folder, source))?;
        Ok(Self::Folder(real, HashMap::new()))
    }

    /// Where a tensor's elements are, if they are outside the model. What cannot be opened is refused when the
    /// elements are asked for, so that the rest of the model can be looked at.
    pub(super) fn find(&mut self, tensor: &TensorInfo) -> Result<Outside> {
        if tensor.data_location != 1 && tensor.external_data.is_empty() {
            return Ok(Outside::No);
        }
        let entry = |key: &str| {
            tensor
                .external_data
                .iter()
                .find(|e| e.key == key)
                .map(|e| e.value.as_str())
        };
        let name = text::short(&tensor.name);
        let Some(location) = entry("location") else {
            return Ok(Outside::Refused(format!(
                "tensor `{name}` is outside this file, and the file does not say where"
            )));
        };
        let shown = text::short(location);
        let place = match self.open(location)? {
            Ok(place) => place,
            Err(why) => {
                return Ok(Outside::Refused(format!(
                    "tensor `{name}` keeps its bytes in `{shown}`, {why}"
                )));
            }
        };
        let number = |key: &str| entry(key).map(|text| text.trim().parse::<u64>()).transpose();
        let (Ok(offset), Ok(length)) = (number("offset"), number("length")) else {
            return Ok(Outside::Refused(format!(
                "tensor `{name}` says it is at a place of `{shown}` that is not a number"
            )));
        };
        let offset = offset.unwrap_or(0);
        let length = length.unwrap_or_else(|| place.length().saturating_sub(offset));
        Ok(match place.part(offset, length) {
            Some(part) => Outside::At(part),
            None => Outside::Refused(format!(
                "tensor `{name}` says it is {length} bytes from {offset} on of `{shown}`, which has {} bytes",
                place.length()
            )),
        })
    }

    fn open(&mut self, location: &str) -> Result<Found> {
        let Some(path) = inside(location) else {
            return Ok(Err(
                "a path that leaves the model's own folder; only files of the same upload are opened".into(),
            ));
        };
        match self {
            Self::Nothing => Ok(Err(
                "which did not come with this file; upload a zip that holds both".into()
            )),
            Self::Zip(package) => Ok(package
                .beside_model(&path)?
                .ok_or_else(|| "which is not in this zip".into())),
            Self::Folder(folder, opened) => {
                if let Some(found) = opened.get(location) {
                    return Ok(found.clone());
                }
                if opened.len() >= MAX_FILES {
                    return Err(CheckpointError::Limit(format!(
                        "this model spreads its tensors over more than {MAX_FILES} files, which are the most that are read"
                    )));
                }
                let found = open_in(folder, &path);
                opened.insert(location.to_owned(), found.clone());
                Ok(found)
            }
        }
    }
}

/// The parts of a relative path that stays inside; `None` for every other.
fn inside(location: &str) -> Option<Vec<&str>> {
    if location.is_empty() || location.contains(['\0', '\\']) {
        return None;
    }
    let mut parts = Vec::new();
    for part in Path::new(location).components() {
        match part {
            Component::Normal(name) => parts.push(name.to_str()?),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    (!parts.is_empty()).then_some(parts)
}

fn open_in(folder: &Path, parts: &[&str]) -> Found {
    let path = parts.iter().fold(folder.to_owned(), |path, part| path.join(part));
    let refused = |error: std::io::Error| format!("which cannot be opened ({error}); it must lie beside the model");
    let real = path.canonicalize().map_err(refused)?;
    if !real.starts_with(folder) {
        return Err("a link that leaves the model's own folder; put the file itself there".into());
    }
    // Looked at before it is opened: opening a pipe waits for a writer.
    if !real.metadata().map_err(refused)?.is_file() {
        return Err("which is not a regular file".into());
    }
    File::open(&real).and_then(Slice::file).map_err(refused)
}
