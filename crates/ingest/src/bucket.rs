//! Logs in S3-compatible storage (Amazon S3, `MinIO`, Ceph, R2 and others).
//!
//! Objects never grow: a writer that "appends" puts a longer object in place of the old one. The importer's proofs
//! of a file's head and tail tell such a one from another file, so only what is new is fetched.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use object_store::aws::AmazonS3Builder;
use object_store::path::Path as Key;
use object_store::{GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt as _, RetryConfig};
use tokio::runtime::Handle;

use crate::place::Stamp;
use crate::walk::{Found, Listing, is_read};

/// How long a request is tried again before the sweep goes on without it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A prefix of a bucket. Who may read it, and where it is, is in the environment (`AWS_ACCESS_KEY_ID`,
/// `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL` and the others that Amazon's tools know).
#[derive(Clone)]
pub struct Bucket {
    url: String,
    prefix: Key,
    objects: Arc<dyn ObjectStore>,
}

/// Why an address leads to no bucket. Tell the user.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// Not an address of a kind that is read.
    #[error("{0} is no address of logs; write s3://BUCKET/PREFIX, or a folder of this machine")]
    Scheme(String),
    /// The environment does not say how to reach it.
    #[error("{url} cannot be opened: {source}")]
    Settings {
        /// The address.
        url: String,
        /// What is missing.
        source: object_store::Error,
    },
}

impl Bucket {
    /// The bucket at `s3://bucket/prefix`; nothing is asked of it yet.
    pub fn parse(url: &str) -> Result<Self, BucketError> {
        let unknown = || BucketError::Scheme(url.to_owned());
        let rest = url.strip_prefix("s3://").ok_or_else(unknown)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(unknown());
        }
        let prefix = Key::parse(prefix.trim_end_matches('/')).map_err(|_| unknown())?;
        // The one provider that is compiled in; an error says that it is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let retry = RetryConfig {
            retry_timeout: PATIENCE,
            ..RetryConfig::default()
        };
        // Whoever writes http:// in the endpoint's address (a store of the own network) means it.
        let plain = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"]
            .iter()
            .any(|name| std::env::var(name).is_ok_and(|endpoint| endpoint.starts_with("http://")));
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry);
        if plain {
            builder = builder.with_allow_http(true);
        }
        let objects = builder.build().map_err(|source| BucketError::Settings {
            url: url.to_owned(),
            source,
        })?;
        Ok(Self {
            url: format!("s3://{bucket}/{prefix}").trim_end_matches('/').to_owned(),
            prefix,
            objects: Arc::new(objects),
        })
    }

    /// The last part of the prefix, or the bucket.
    pub(crate) fn name(&self) -> &str {
        self.url.rsplit('/').next().unwrap_or(&self.url)
    }

    /// What is to be read below the prefix.
    pub(crate) fn find(&self, handle: &Handle) -> io::Result<Listing> {
        let mut listing = Listing::default();
        let listed = self.objects.list(Some(&self.prefix)).try_for_each(|object| {
            listing.add_object(self, object);
            std::future::ready(Ok(()))
        });
        handle
            .block_on(listed)
            .map_err(|error| io::Error::other(format!("it cannot be listed: {error}")))?;
        Ok(listing.sorted())
    }

    /// An object as it is now.
    pub(crate) fn stamp_of(&self, path: &Path, handle: &Handle) -> io::Result<Stamp> {
        let key = key(path)?;
        Ok(stamp(handle.block_on(self.objects.head(&key))?))
    }

    /// An object that looked like this.
    pub(crate) fn object(&self, path: &Path, stamp: Stamp, handle: &Handle) -> io::Result<Object> {
        Ok(Object {
            objects: self.objects.clone(),
            key: key(path)?,
            size: stamp.size,
            version: stamp.version,
            handle: handle.clone(),
        })
    }

    fn address(&self, key: &Key) -> String {
        let root = self.url.strip_suffix(self.prefix.as_ref()).unwrap_or(&self.url);
        format!("{}/{key}", root.trim_end_matches('/'))
    }
}

fn stamp(object: ObjectMeta) -> Stamp {
    Stamp {
        size: object.size,
        changed: None,
        version: object.e_tag,
    }
}

/// The key in an object's address.
fn key(path: &Path) -> io::Result<Key> {
    let address = path.to_string_lossy();
    let key = address.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
    let (_, key) = key.ok_or_else(|| io::Error::other(format!("{address} is no object")))?;
    Key::parse(key).map_err(io::Error::other)
}

impl Listing {
    fn add_object(&mut self, bucket: &Bucket, object: ObjectMeta) {
        let path = PathBuf::from(bucket.address(&object.location));
        if !is_read(&path) {
            return;
        }
        let Some(parts) = object.location.prefix_match(&bucket.prefix) else {
            return;
        };
        let mut parts: Vec<String> = parts.map(|part| part.as_ref().to_owned()).collect();
        parts.pop();
        let run = if parts.is_empty() {
            ".".to_owned()
        } else {
            parts.join("/")
        };
        let listed = Some(stamp(object));
        self.add(Found { run, path, listed });
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.url)
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the store: it holds keys.
        to.debug_tuple("Bucket").field(&self.url).finish()
    }
}

/// One version of an object.
#[derive(Debug)]
pub(crate) struct Object {
    objects: Arc<dyn ObjectStore>,
    key: Key,
    pub size: u64,
    version: Option<String>,
    handle: Handle,
}

impl Object {
    /// Appends a stretch of its bytes to `into`. An object that was replaced since it was listed is an error: its
    /// bytes would not fit together.
    pub fn append(&self, range: Range<u64>, into: &mut Vec<u8>) -> io::Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        let options = GetOptions::new()
            .with_range(Some(range.clone()))
            .with_if_match(self.version.clone());
        let read = async { self.objects.get_opts(&self.key, options).await?.bytes().await };
        let bytes = self.handle.block_on(read).map_err(io::Error::from)?;
        if bytes.len() as u64 != range.end - range.start {
            let reason = format!(
                "{} bytes came where {} were asked for",
                bytes.len(),
                range.end - range.start
            );
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, reason));
        }
        into.extend_from_slice(&bytes);
        Ok(())
    }
}
