//! A data directory is its owner's alone: folders 0700, files 0600, whatever the umask says.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// Makes a folder of ours, and the folders above it that are missing, with mode 0700.
///
/// A folder that is there and holds something already may be shared (`/tmp`, a home): its mode is
/// its owner's business, and what is put into it is private by itself.
pub fn folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    if std::fs::read_dir(path)?.next().is_none() {
        tighten(path, 0o700)?;
    }
    Ok(())
}

/// The same for a folder inside ours: nobody else put it there, so it is made private in any case.
pub fn inner_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    tighten(path, 0o700)
}

/// How files of ours are opened for writing: made with mode 0600 where they are missing.
pub fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    options
}

/// Makes sure that `path` is there and that only its owner may read it.
pub fn file(path: &Path) -> io::Result<File> {
    let file = options().read(true).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

fn tighten(path: &Path, mode: u32) -> io::Result<()> {
    let now = std::fs::metadata(path)?.permissions().mode() & 0o7777;
    if now == mode {
        return Ok(());
    }
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).expect("there").permissions().mode() & 0o7777
    }

    #[test]
    fn an_empty_folder_becomes_ours_and_a_shared_one_stays_as_it_is() {
        let home = tempfile::tempdir().expect("a directory");
        let (fresh, empty, shared) = (home.path().join("a/b"), home.path().join("c"), home.path().join("d"));
        std::fs::create_dir(&empty).expect("made");
        std::fs::create_dir(&shared).expect("made");
        std::fs::write(shared.join("notes"), "mine").expect("written");
        for path in [&empty, &shared] {
            std::fs::set_permissions(path, Permissions::from_mode(0o755)).expect("set");
        }
        for path in [&fresh, &empty, &shared] {
            folder(path).expect("usable");
        }
        assert_eq!((mode(&fresh), mode(&empty), mode(&shared)), (0o700, 0o700, 0o755));
    }

    #[test]
    fn a_readable_file_of_ours_is_closed_to_others() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("glassboard.db");
        std::fs::write(&path, "x").expect("written");
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("set");
        file(&path).expect("opened");
        assert_eq!(
            (mode(&path), std::fs::read(&path).expect("read")),
            (0o600, b"x".to_vec())
        );
    }
}
