//! Files that are there whole or not at all: written under another name, synced, then renamed.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::diag::Error;
use crate::numeric::digest::{Hash, Hasher};

/// A file in the making; dropped before [`OutputFile::publish`], it leaves nothing behind.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    partial: PathBuf,
    writer: Option<BufWriter<File>>,
    hasher: Hasher,
}

impl OutputFile {
    /// Begins the file that is to stand at `path`.
    ///
    /// # Errors
    /// When no file can be made there.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let partial = path.with_file_name(format!(".{name}.{}.partial", std::process::id()));
        if path.is_dir() {
            return Err(Error::file("write", path, &io::ErrorKind::IsADirectory.into()));
        }
        let file = File::create(&partial).map_err(|cause| Error::file("write", path, &cause))?;
        Ok(Self { path: path.to_owned(), partial, writer: Some(BufWriter::new(file)), hasher: Hasher::default() })
    }

    /// The final name, without its folder.
    pub fn name(&self) -> &str {
        self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }

    /// Appends a text.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn text(&mut self, text: &str) -> Result<(), Error> {
        self.write_all(text.as_bytes()).map_err(|cause| Error::file("write", &self.path, &cause))
    }

    /// Brings all bytes to the disk, so that only the renaming is left.
    ///
    /// # Errors
    /// When they can't be written.
    pub fn complete(&mut self) -> Result<(), Error> {
        let Some(mut writer) = self.writer.take() else { return Ok(()) };
        let synced = writer.flush().and_then(|()| writer.get_ref().sync_data());
        synced.map_err(|cause| Error::file("write", &self.path, &cause))
    }

    /// SHA-256 of all bytes so far.
    pub fn sha256(&self) -> Hash {
        self.hasher.clone().finish()
    }

    /// Gives the file its final name, in the place of any file that had it.
    ///
    /// # Errors
    /// When it can't be written or renamed.
    pub fn publish(mut self) -> Result<(), Error> {
        self.complete()?;
        fs::rename(&self.partial, &self.path).map_err(|cause| Error::file("write", &self.path, &cause))
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        // After a renaming there is nothing left under this name, and nothing to tell if that fails.
        let _ = fs::remove_file(&self.partial);
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let writer = self.writer.as_mut().expect("nothing is written to a complete file");
        let count = writer.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), Write::flush)
    }
}

/// A CSV file in the making, row by row.
#[derive(Debug)]
pub struct OutputTable {
    path: PathBuf,
    writer: csv::Writer<OutputFile>,
}

impl OutputTable {
    /// Begins the table at `path` with its header.
    ///
    /// # Errors
    /// When the file can't be made.
    pub fn create(path: &Path, header: &[&str]) -> Result<Self, Error> {
        let mut table = Self { path: path.to_owned(), writer: csv::Writer::from_writer(OutputFile::create(path)?) };
        table.row(header)?;
        Ok(table)
    }

    /// Appends a row, which must have as many fields as the header.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn row(&mut self, fields: &[impl AsRef<[u8]>]) -> Result<(), Error> {
        self.writer.write_record(fields).map_err(|cause| match cause.into_kind() {
            csv::ErrorKind::Io(cause) => Error::file("write", &self.path, &cause),
            kind => panic!("every row has as many fields as the header: {kind:?}"),
        })
    }

    /// The file, all rows written.
    ///
    /// # Errors
    /// When they can't be written.
    pub fn into_file(self) -> Result<OutputFile, Error> {
        self.writer.into_inner().map_err(|cause| Error::file("write", &self.path, cause.error()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_published_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut file = OutputFile::create(&folder.path().join("a.csv")).expect("it can be made");
        file.text("half").expect("it can be written");
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
    }

    #[test]
    fn a_published_file_stands_alone_under_its_name_with_its_hash() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut table = OutputTable::create(&folder.path().join("a.csv"), &["x", "y"]).expect("it can be made");
        table.row(&["1", "a,b"]).expect("it can be written");
        let file = table.into_file().expect("it can be written");
        let hash = file.sha256();
        file.publish().expect("it can be renamed");
        let content = fs::read(folder.path().join("a.csv")).expect("the file");
        assert_eq!(content, b"x,y\n1,\"a,b\"\n");
        assert_eq!(hash, Hash::of(&content));
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
    }
}
