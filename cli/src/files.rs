//! Files that are written whole or not at all.
//!
//! A file is written beside its place, synced and renamed: whatever happens meanwhile, there is the old one or the new one.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::failure::Failure;

/// Writes a file, in the place of the one that is there.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    replace_bytes(path, text.as_bytes())
}

/// The same of what is no text.
pub(crate) fn replace_bytes(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    whole(path, bytes, |file| file.persist(path).map(drop).map_err(|error| error.error))
        .map_err(|error| said(path, error))
}

/// Writes a file where none is; false where there is one, which stays as it is.
pub(crate) fn create(path: &Path, text: &str) -> Result<bool, Failure> {
    match whole(path, text.as_bytes(), |file| file.persist_noclobber(path).map(drop).map_err(|error| error.error)) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(said(path, error)),
    }
}

fn said(path: &Path, error: io::Error) -> Failure {
    let error = anyhow::Error::from(error).context(format!("could not write {}", path.display()));
    Failure::usage(error).help("what was there is unchanged; make room or rights, and try again")
}

fn whole(path: &Path, bytes: &[u8], name_it: impl FnOnce(NamedTempFile) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".perf-look-");
    // As any other file of the repository, and not as a secret, which a temporary file is made as.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    name_it(file)?;
    // The name is in the folder, which has to reach the disk too.
    #[cfg(unix)]
    fs::File::open(folder)?.sync_all()?;
    Ok(())
}
