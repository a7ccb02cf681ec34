//! What the projector shows: `projector_config.pbtxt` in a run's folder, and the files it names.
//!
//! The config is text that somebody wrote: a name in it may only lead to a file below the config's own folder.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use glassboard_store::logs::{ExperimentId, NewEmbedding};
use glassboard_store::{Actor, Store};
use tokio::runtime::Handle;
use tracing::warn;

use crate::IngestError;
use crate::place::{Place, Stamp};
use crate::walk::{Found, PROJECTOR_CONFIG};

/// Largest file of text or pictures that is read.
const MOST_BYTES: u64 = 1 << 30;
/// Most numbers of a tensor.
const MOST_NUMBERS: usize = 1 << 27;
/// Most tensors of one config.
const MOST_TENSORS: usize = 64;

/// How every file was that was read for a config.
type Stamps = Vec<(PathBuf, Option<Stamp>)>;

/// Which configs were read, and as what.
#[derive(Debug, Default)]
pub(crate) struct Embeddings {
    seen: HashMap<PathBuf, Stamps>,
}

impl Embeddings {
    /// Reads those of these configs that are new or changed, themselves or a file they name.
    pub fn look(
        &mut self,
        store: &Store,
        actor: Actor,
        handle: &Handle,
        experiment: ExperimentId,
        place: &Place,
        configs: &[Found],
    ) -> Result<(), IngestError> {
        for Found { run, path: config, .. } in configs {
            let changed = self
                .seen
                .get(config)
                .is_none_or(|before| before.iter().any(|(path, was)| place.stamp_of(path, handle) != *was));
            if !changed {
                continue;
            }
            let mut files = Files {
                place,
                handle,
                folder: config.parent().unwrap_or(config),
                stamps: Vec::new(),
            };
            let text = files.read(config).map(String::from_utf8);
            let embeddings = match text {
                Ok(Ok(text)) => read(&text, &mut files),
                Ok(Err(_)) => {
                    warn!(file = %config.display(), "a projector's config is no text");
                    Vec::new()
                }
                Err(error) => {
                    warn!(file = %config.display(), %error, "a projector's config was not read");
                    Vec::new()
                }
            };
            let stamps = files.stamps;
            let task = async {
                let mut stored = Vec::new();
                for one in embeddings {
                    stored.push(store_one(store, one).await?);
                }
                store.set_embeddings(&actor, experiment, run, stored).await
            };
            handle.block_on(task)?;
            self.seen.insert(config.clone(), stamps);
        }
        Ok(())
    }
}

/// A config's folder, and what was read in it.
struct Files<'a> {
    place: &'a Place,
    handle: &'a Handle,
    folder: &'a Path,
    stamps: Stamps,
}

impl Files<'_> {
    fn read(&mut self, path: &Path) -> std::io::Result<Vec<u8>> {
        let stamp = self.place.stamp_of(path, self.handle);
        self.stamps.push((path.to_owned(), stamp));
        self.place.read(path, self.folder, MOST_BYTES, self.handle)
    }

    /// The bytes of a file that the config names: below the config's folder, also when links are followed.
    fn named(&mut self, name: &str) -> Result<Vec<u8>, String> {
        let named = Path::new(name);
        if !named
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
        {
            return Err(format!(
                "{name:?} leads out of the folder of its config, so it is not read."
            ));
        }
        let path = self.folder.join(named);
        self.read(&path)
            .map_err(|error| format!("{name:?} could not be read: {error}."))
    }
}

/// One tensor, read into memory.
#[derive(Debug, Default)]
struct Read {
    new: NewEmbedding,
    tensor: Vec<u8>,
    metadata: Option<Vec<u8>>,
    sprite: Option<Vec<u8>>,
    bookmarks: Option<Vec<u8>>,
}

async fn store_one(store: &Store, read: Read) -> glassboard_store::Result<NewEmbedding> {
    let mut new = read.new;
    if !read.tensor.is_empty() {
        new.tensor = Some(store.put_blob(&read.tensor, "application/octet-stream").await?.hash);
    }
    let plain = "text/plain; charset=utf-8";
    for (bytes, kind, hash) in [
        (read.metadata, plain, &mut new.metadata),
        (read.sprite, "image/png", &mut new.sprite),
        (read.bookmarks, plain, &mut new.bookmarks),
    ] {
        if let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) {
            *hash = Some(store.put_blob(&bytes, kind).await?.hash);
        }
    }
    Ok(new)
}

fn read(config: &str, files: &mut Files<'_>) -> Vec<Read> {
    let root = match pbtxt::parse(config) {
        Ok(root) => root,
        Err(reason) => {
            let problem = format!("{PROJECTOR_CONFIG} could not be understood: {reason}.");
            let new = NewEmbedding {
                name: PROJECTOR_CONFIG.to_owned(),
                problem: Some(problem),
                ..NewEmbedding::default()
            };
            return vec![Read { new, ..Read::default() }];
        }
    };
    let checkpoint = root.text("model_checkpoint_path");
    root.messages("embeddings")
        .take(MOST_TENSORS)
        .enumerate()
        .map(|(index, message)| {
            let name = message.text("tensor_name").filter(|name| !name.is_empty());
            let name = name.map_or_else(|| format!("tensor {}", index + 1), str::to_owned);
            let mut one = Read {
                new: NewEmbedding {
                    name,
                    ..NewEmbedding::default()
                },
                ..Read::default()
            };
            if let Err(problem) = fill(&mut one, message, checkpoint, files) {
                one = Read {
                    new: NewEmbedding {
                        problem: Some(problem),
                        ..one.new
                    },
                    ..Read::default()
                };
                (one.new.n, one.new.width) = (0, 0);
            }
            one
        })
        .collect()
}

fn fill(
    one: &mut Read,
    message: &pbtxt::Message,
    checkpoint: Option<&str>,
    files: &mut Files<'_>,
) -> Result<(), String> {
    let path = message
        .text("tensor_path")
        .filter(|path| !path.is_empty())
        .ok_or_else(|| match checkpoint {
            Some(_) => "Its numbers are in a TensorFlow checkpoint, which is not read here: write them as tensors.tsv \
                    and name that file in tensor_path."
                .to_owned(),
            None => "The config names no tensor_path.".to_owned(),
        })?;
    let text = files.named(path)?;
    (one.tensor, one.new.n, one.new.width) = tensor(&text).map_err(|reason| format!("{path}: {reason}."))?;
    let mut optional = |key: &str| {
        message
            .text(key)
            .filter(|path| !path.is_empty())
            .map(|path| files.named(path))
    };
    one.metadata = optional("metadata_path").transpose()?;
    one.bookmarks = optional("bookmarks_path").transpose()?;
    if let Some(sprite) = message.messages("sprite").next() {
        let sizes: Vec<u32> = sprite
            .numbers("single_image_dim")
            .filter_map(|n| u32::try_from(n).ok())
            .collect();
        if let (Some(path), [width, height]) = (sprite.text("image_path"), sizes.as_slice()) {
            one.sprite = Some(files.named(path)?);
            one.new.sprite_size = (*width, *height);
        }
    }
    Ok(())
}

/// Tab-separated numbers as 32-bit floats, with the number of points and of numbers a point.
fn tensor(text: &[u8]) -> Result<(Vec<u8>, usize, usize), String> {
    let text = std::str::from_utf8(text).map_err(|_| "it is no text".to_owned())?;
    let (mut bytes, mut rows, mut width) = (Vec::new(), 0, 0);
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let before = bytes.len();
        for cell in line.trim_end_matches(['\t', '\r']).split('\t') {
            let number: f32 = cell
                .trim()
                .parse()
                .map_err(|_| format!("line {} has {:?} where a number should be", index + 1, shortened(cell)))?;
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        let here = (bytes.len() - before) / 4;
        if rows == 0 {
            width = here;
        }
        if here != width {
            return Err(format!("line {} has {here} numbers, the first has {width}", index + 1));
        }
        rows += 1;
        if bytes.len() / 4 > MOST_NUMBERS {
            return Err(format!("it has more than {MOST_NUMBERS} numbers"));
        }
    }
    if rows == 0 {
        return Err("it has no points".to_owned());
    }
    Ok((bytes, rows, width))
}

fn shortened(cell: &str) -> String {
    cell.chars().take(24).collect()
}

/// The config as a tree: it is small, and its fields are few.
mod pbtxt {
    use glassboard_events::pbtxt::{Item, Items, Scalar, TextError};

    #[derive(Debug, Clone, PartialEq)]
    pub enum Value {
        Text(String),
        Number(i64),
        Message(Message),
    }

    /// Fields in order.
    #[derive(Debug, Clone, Default, PartialEq)]
    pub struct Message(Vec<(String, Value)>);

    impl Message {
        pub fn text(&self, name: &str) -> Option<&str> {
            self.0.iter().rev().find_map(|(field, value)| match value {
                Value::Text(text) if field == name => Some(text.as_str()),
                _ => None,
            })
        }

        pub fn numbers(&self, name: &str) -> impl Iterator<Item = i64> {
            self.0.iter().filter_map(move |(field, value)| match value {
                Value::Number(number) if field == name => Some(*number),
                _ => None,
            })
        }

        pub fn messages(&self, name: &str) -> impl Iterator<Item = &Message> {
            self.0.iter().filter_map(move |(field, value)| match value {
                Value::Message(message) if field == name => Some(message),
                _ => None,
            })
        }
    }

    pub fn parse(text: &str) -> Result<Message, TextError> {
        let mut around: Vec<(String, Message)> = Vec::new();
        let mut here = Message::default();
        for item in Items::new(text) {
            match item? {
                Item::Open(name) => around.push((name.to_owned(), std::mem::take(&mut here))),
                Item::Close => {
                    if let Some((name, outer)) = around.pop() {
                        let inner = std::mem::replace(&mut here, outer);
                        here.0.push((name, Value::Message(inner)));
                    }
                }
                Item::Value(name, Scalar::Quoted(text)) => {
                    let text = String::from_utf8_lossy(&text).into_owned();
                    here.0.push((name.to_owned(), Value::Text(text)));
                }
                Item::Value(name, Scalar::Word(word)) => {
                    let value = word.parse();
                    let value = value.map_or_else(|_| Value::Text(word.to_owned()), Value::Number);
                    here.0.push((name.to_owned(), value));
                }
            }
        }
        Ok(here)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_in(config: &str, folder: &Path) -> Vec<Read> {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let place = Place::Folder(folder.to_owned());
        let mut files = Files {
            place: &place,
            handle: runtime.handle(),
            folder,
            stamps: Vec::new(),
        };
        read(config, &mut files)
    }

    #[test]
    fn torchs_config_and_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t.tsv"), "1\t2\n3\t4.5\n").unwrap();
        std::fs::write(folder.path().join("m.tsv"), "a\nb\n").unwrap();
        let config = "# written by torch\nembeddings {\n tensor_name: \"emb:00000\" tensor_path: \"t.tsv\"\n metadata_path: 'm.tsv'\n\
                      sprite { image_path: \"m.tsv\" single_image_dim: [8, 9] } }";
        let all = read_in(config, folder.path());
        let one = &all[0];
        assert_eq!((one.new.name.as_str(), one.new.n, one.new.width), ("emb:00000", 2, 2));
        assert_eq!(one.tensor[12..], 4.5f32.to_le_bytes());
        assert_eq!(
            (one.metadata.as_deref(), one.new.sprite_size),
            (Some(&b"a\nb\n"[..]), (8, 9))
        );
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("run");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(folder.path().join("secret.tsv"), "1\n").unwrap();
        std::os::unix::fs::symlink(folder.path().join("secret.tsv"), inner.join("link.tsv")).unwrap();
        let absolute = folder.path().join("secret.tsv");
        for path in [
            "../secret.tsv",
            absolute.to_str().unwrap(),
            "link.tsv",
            "a/../../secret.tsv",
            "missing.tsv",
        ] {
            let config = format!("embeddings {{ tensor_path: \"{path}\" }}");
            let all = read_in(&config, &inner);
            assert!(all[0].tensor.is_empty() && all[0].new.problem.is_some(), "{path}");
        }
    }

    #[test]
    fn damage_is_a_sentence() {
        for (text, word) in [("1\t2\n3\n", "line 2"), ("1\tx\n", "\"x\""), ("", "no points")] {
            assert!(tensor(text.as_bytes()).unwrap_err().contains(word), "{text:?}");
        }
        for text in ["embeddings {", "}", "a: \"", "a", "{", ": 1", "a: [", "a <"] {
            assert!(pbtxt::parse(text).is_err(), "{text:?}");
        }
        let deep = "a {".repeat(100_000);
        assert!(pbtxt::parse(&deep).is_err());
    }
}
