//! The embedded web build: hashed names, immutable, brotli where the reader takes it.

mod get;

pub use get::get;

use std::collections::HashMap;

use anyhow::Context as _;
use bytes::Bytes;
use rust_embed::RustEmbed;
use serde::Deserialize;

// Scripts and styles are embedded as brotli alone; a reader that does not take it gets them unpacked.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[exclude = "assets/*.js"]
#[exclude = "assets/*.css"]
struct Dist;

/// One file, ready to send.
#[derive(Debug)]
pub struct Asset {
    bytes: Bytes,
    /// `bytes` are brotli.
    packed: bool,
    media_type: String,
    hashed: bool,
}

/// Every file of the build by name, and which of them each page type needs.
#[derive(Debug)]
pub struct Assets {
    files: HashMap<String, Asset>,
    entries: HashMap<String, Entry>,
    style: String,
    fonts: Vec<String>,
    public: Vec<String>,
}

/// What a page of one type links.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    /// Its script.
    pub script: String,
    /// Scripts that script imports, to fetch at once.
    pub imports: Vec<String>,
    /// Stylesheets of its own, beside the one of every page.
    pub styles: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Chunk {
    file: String,
    #[serde(default)]
    imports: Vec<String>,
    #[serde(default)]
    assets: Vec<String>,
    #[serde(default)]
    css: Vec<String>,
}

impl Assets {
    /// Reads the build. Names are without the leading `assets/`.
    pub fn load() -> anyhow::Result<Self> {
        let manifest = Dist::get("manifest.json").context("the web build has no manifest: run `./x web`")?;
        let chunks: HashMap<String, Chunk> =
            serde_json::from_slice(&manifest.data).context("the web build's manifest is damaged: run `./x web`")?;
        let mut files = HashMap::new();
        for path in Dist::iter() {
            let (name, packed) = match path.strip_suffix(".br") {
                Some(name) => (name, true),
                None => (path.as_ref(), false),
            };
            if name == "manifest.json" || (!packed && Dist::get(&format!("{path}.br")).is_some()) {
                continue;
            }
            let embedded = Dist::get(&path).context("an embedded file vanished")?;
            let asset = Asset {
                bytes: Bytes::from(embedded.data.into_owned()),
                packed,
                media_type: media_type(name),
                hashed: name.starts_with("assets/"),
            };
            files.insert(short(name).to_owned(), asset);
        }
        let style = chunks
            .get("styles/main.css")
            .context("the web build has no stylesheet: run `./x web`")?;
        let fonts = style.assets.iter().filter(|file| media_type(file) == "font/woff2");
        let public = style
            .assets
            .iter()
            .chain([&style.file])
            .map(|file| short(file).to_owned());
        Ok(Self {
            public: public.chain(["favicon.svg".to_owned()]).collect(),
            fonts: fonts.map(|file| short(file).to_owned()).collect(),
            style: short(&style.file).to_owned(),
            entries: chunks
                .iter()
                .filter_map(|(source, chunk)| {
                    let name = source.strip_prefix("src/entries/")?.strip_suffix(".ts")?;
                    let (mut imports, mut styles) = (Vec::new(), Vec::new());
                    gather(&chunks, chunk, &mut imports, &mut styles);
                    Some((
                        name.to_owned(),
                        Entry {
                            script: short(&chunk.file).to_owned(),
                            imports,
                            styles,
                        },
                    ))
                })
                .collect(),
            files,
        })
    }

    /// The file of that name.
    pub fn file(&self, name: &str) -> Option<&Asset> {
        self.files.get(name)
    }

    /// What the page type `name` links.
    pub fn entry(&self, name: &str) -> Entry {
        self.entries.get(name).cloned().unwrap_or_default()
    }

    /// The stylesheet of every page.
    pub fn style(&self) -> &str {
        &self.style
    }

    /// The fonts every page shows at once: they are fetched with the page, as one that comes later is not taken.
    pub fn fonts(&self) -> &[String] {
        &self.fonts
    }

    /// Whether the login page needs this file, so that it is sent to those who are not logged in.
    pub fn is_public(&self, name: &str) -> bool {
        self.public.iter().any(|public| public == name)
    }
}

impl Asset {
    /// The bytes for a reader that takes no brotli.
    fn unpacked(&self) -> std::io::Result<Bytes> {
        if !self.packed {
            return Ok(self.bytes.clone());
        }
        let mut unpacked = Vec::new();
        brotli_decompressor::BrotliDecompress(&mut self.bytes.as_ref(), &mut unpacked)?;
        Ok(unpacked.into())
    }
}

fn short(path: &str) -> &str {
    path.strip_prefix("assets/").unwrap_or(path)
}

fn media_type(path: &str) -> String {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8".to_owned(),
        Some("css") => "text/css; charset=utf-8".to_owned(),
        _ => mime_guess::from_path(path).first_or_octet_stream().to_string(),
    }
}

fn gather(chunks: &HashMap<String, Chunk>, chunk: &Chunk, found: &mut Vec<String>, styles: &mut Vec<String>) {
    for file in chunk.css.iter().map(|file| short(file).to_owned()) {
        if !styles.contains(&file) {
            styles.push(file);
        }
    }
    for import in &chunk.imports {
        let Some(next) = chunks.get(import) else { continue };
        let name = short(&next.file).to_owned();
        if !found.contains(&name) {
            found.push(name);
            gather(chunks, next, found, styles);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_and_style_unpacks() {
        let assets = Assets::load().expect("the web build");
        let texts = assets
            .files
            .iter()
            .filter(|(_, asset)| asset.media_type.starts_with("text/"));
        let mut packed = 0;
        for (name, asset) in texts {
            let bytes = asset.unpacked().expect("sound brotli");
            assert!(std::str::from_utf8(&bytes).is_ok(), "{name}");
            packed += usize::from(asset.packed);
        }
        assert!(packed > 20, "{packed}");
        assert!(assets.files.contains_key(assets.style()));
    }
}
