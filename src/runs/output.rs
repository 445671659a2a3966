//! Files that are there whole or not at all: written under another name, synced, then renamed.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::disk::DiskFile;
use super::files::left;
use super::folder::Folder;
use super::partial::Partial;
use super::unpublished;
use crate::diag::Error;
use crate::logs::Sink;
use crate::numeric::cell::shielded;
use crate::numeric::digest::{Hash, Hasher};

/// A file in the making; dropped before [`OutputFile::publish`], it leaves nothing behind. A device or a FIFO takes the
/// bytes as they come: neither can be replaced, nor its bytes taken back.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    destination: Destination,
    writer: Option<BufWriter<DiskFile>>,
    hasher: Hasher,
    bytes: u64,
}

/// Where the bytes go.
#[derive(Debug)]
enum Destination {
    /// To a file of another name in the same folder, renamed in the end.
    Single(Partial),
    /// To a file of a run, renamed in the end; the workspace takes away what was not.
    Run(Made),
    /// Straight into what stands there.
    Direct,
}

/// A file that a run makes in its workspace under the name that it is to have in the run's folder.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    /// The name.
    pub name: &'static str,
    /// Where it is made.
    pub workspace: Arc<Folder>,
    /// Where it is to stand.
    pub run: Arc<Folder>,
}

/// How far a file of a workspace had come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Mark {
    /// The file's name.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: Hash,
}

/// A mark as it was read.
#[derive(Deserialize)]
struct MarkRecord {
    name: String,
    bytes: u64,
    sha256: Hash,
}

impl<'de> Deserialize<'de> for Mark {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let MarkRecord { name, bytes, sha256 } = MarkRecord::deserialize(deserializer)?;
        let name = left().find(|known| *known == name).ok_or_else(|| de::Error::custom(format!("a run leaves no file {name:?}")))?;
        Ok(Self { name, bytes, sha256 })
    }
}

impl OutputFile {
    /// Begins the file that is to stand at `path`, or where a symbolic link at `path` leads to.
    ///
    /// # Errors
    /// When no file can be made there.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let failed = |cause| Error::file("write", path, &cause);
        let (destination, file) = match target_of(path).map_err(failed)? {
            None => (Destination::Direct, File::options().write(true).open(path).map_err(failed)?),
            Some(target) => {
                let (partial, file) = Partial::make(target).map_err(failed)?;
                (Destination::Single(partial), file)
            }
        };
        Ok(Self::on(DiskFile::of(file, path), path, destination))
    }

    /// Begins a file of a run.
    ///
    /// # Errors
    /// When it can't be made.
    pub(crate) fn begin(made: Made) -> Result<Self, Error> {
        let Made { name, workspace, run } = &made;
        let file = workspace.remove(name).and_then(|()| workspace.create(name)).map_err(|cause| run.error("write", name, &cause))?;
        Ok(Self::on(file, &run.path_of(name), Destination::Run(made)))
    }

    /// Goes on with a file of a run from where `mark` says; what was written after it is cut off.
    ///
    /// # Errors
    /// When the file can't be read or cut, or is another than the mark says.
    pub(crate) fn go_on(made: Made, mark: &Mark) -> Result<Self, Error> {
        let failed = |cause| made.workspace.error("go on with", made.name, &cause);
        let (file, hasher) = open_at(&made.workspace, mark).map_err(failed)?;
        file.set_len(mark.bytes).map_err(failed)?;
        let file = DiskFile::of(file, &made.workspace.path_of(made.name));
        let mut resumed = Self::on(file, &made.run.path_of(made.name), Destination::Run(made));
        resumed.hasher = hasher;
        resumed.bytes = mark.bytes;
        Ok(resumed)
    }

    fn on(file: DiskFile, path: &Path, destination: Destination) -> Self {
        Self { path: path.to_owned(), destination, writer: Some(BufWriter::new(file)), hasher: Hasher::default(), bytes: 0 }
    }

    /// The name among the files that a run leaves; nothing if it is none of them.
    pub(crate) fn name(&self) -> &'static str {
        if let Destination::Run(made) = &self.destination { made.name } else { "" }
    }

    /// The path of the final name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Brings all bytes so far to the disk, and tells how far the file has come.
    ///
    /// # Errors
    /// When they can't be written.
    pub(crate) fn mark(&mut self) -> Result<Mark, Error> {
        if let Some(writer) = &mut self.writer {
            writer.flush().and_then(|()| writer.get_ref().sync()).map_err(|cause| Error::file("write", &self.path, &cause))?;
        }
        Ok(self.here())
    }

    /// How far the file has come, whether that is on the disk or not.
    pub(crate) fn here(&self) -> Mark {
        Mark { name: self.name(), bytes: self.bytes, sha256: self.sha256() }
    }

    /// Appends a text.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn text(&mut self, text: &str) -> Result<(), Error> {
        self.bytes(text.as_bytes())
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// When they can't be written.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.write_all(bytes).map_err(|cause| Error::file("write", &self.path, &cause))
    }

    /// Brings all bytes to the disk, so that only the renaming is left, and closes the file.
    ///
    /// # Errors
    /// When they can't be written.
    pub fn complete(&mut self) -> Result<(), Error> {
        let Some(mut writer) = self.writer.take() else { return Ok(()) };
        let synced = writer.flush().and_then(|()| match self.destination {
            Destination::Single(_) | Destination::Run(_) => writer.get_ref().sync(),
            // Devices and FIFOs know no disk to bring anything to.
            Destination::Direct => Ok(()),
        });
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
        let _unpublished = unpublished::of_this_process();
        let renamed = match &mut self.destination {
            Destination::Single(partial) => partial.publish(),
            Destination::Run(Made { name, workspace, run }) => workspace.rename(name, run, name),
            Destination::Direct => Ok(()),
        };
        renamed.map_err(|cause| Error::file("write", &self.path, &cause))
    }
}

/// The file that is to be replaced, no symbolic link; `None` if what stands there takes the bytes as they come.
fn target_of(path: &Path) -> io::Result<Option<PathBuf>> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(found) if !found.is_file() => Ok(None),
        Ok(_) => path.canonicalize().map(Some),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(Some(end_of_links(path))),
        Err(cause) => Err(cause),
    }
}

/// The missing file that a chain of symbolic links leads to; the path itself if it is no link.
fn end_of_links(path: &Path) -> PathBuf {
    let mut end = path.to_owned();
    // The chain ends: metadata() has followed it to the missing file just now.
    while let Ok(next) = fs::read_link(&end) {
        end = end.parent().unwrap_or(Path::new("")).join(next);
    }
    end
}

/// The file that the mark is of, read up to it, and what its bytes there hash to.
fn open_at(folder: &Folder, mark: &Mark) -> io::Result<(File, Hasher)> {
    let mut file = folder.reopen(mark.name)?;
    let mut hasher = Hasher::default();
    if io::copy(&mut (&mut file).take(mark.bytes), &mut hasher)? < mark.bytes {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is shorter than it was"));
    }
    if hasher.clone().finish() != mark.sha256 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it was changed"));
    }
    Ok((file, hasher))
}

/// Whether the file in this folder begins as the mark says.
pub(crate) fn holds(folder: &Folder, mark: &Mark) -> bool {
    open_at(folder, mark).is_ok()
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let writer = self.writer.as_mut().expect("nothing is written to a complete file");
        let count = writer.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), Write::flush)
    }
}

/// A CSV file in the making, row by row.
#[derive(Debug)]
pub struct OutputTable {
    file: OutputFile,
    /// Room for a row.
    line: Vec<u8>,
    columns: usize,
}

impl OutputTable {
    /// Begins the table at `path` with its header.
    ///
    /// # Errors
    /// When the file can't be made.
    pub fn create(path: &Path, header: &[&str]) -> Result<Self, Error> {
        Self::begin(OutputFile::create(path)?, header)
    }

    /// Begins the table in an empty file with its header.
    ///
    /// # Errors
    /// When the header can't be written.
    pub(crate) fn begin(file: OutputFile, header: &[&str]) -> Result<Self, Error> {
        let mut table = Self::go_on(file, header.len());
        table.row(header)?;
        Ok(table)
    }

    /// Goes on with a table of so many columns, whose header and rows so far `file` holds.
    pub(crate) fn go_on(file: OutputFile, columns: usize) -> Self {
        Self { file, line: Vec::new(), columns }
    }

    /// Brings all rows so far to the disk, and tells how far the file has come.
    ///
    /// # Errors
    /// When they can't be written.
    pub(crate) fn mark(&mut self) -> Result<Mark, Error> {
        self.file.mark()
    }

    /// How far the table has come, whether that is on the disk or not.
    pub(crate) fn here(&self) -> Mark {
        self.file.here()
    }

    /// Appends a row.
    ///
    /// # Errors
    /// When it can't be written.
    ///
    /// # Panics
    /// If it has not as many fields as the header.
    pub fn row(&mut self, fields: &[impl AsRef<str>]) -> Result<(), Error> {
        assert_eq!(fields.len(), self.columns, "every row has as many fields as the header");
        self.line.clear();
        for (at, field) in fields.iter().enumerate() {
            if at > 0 {
                self.line.push(b',');
            }
            push_field(&mut self.line, field.as_ref());
        }
        self.end_line()
    }

    /// Appends a row of numbers and plain words, with the commas between them: quicker, for tables that have millions.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn plain_row(&mut self, fields: fmt::Arguments<'_>) -> Result<(), Error> {
        self.line.clear();
        self.line.write_fmt(fields).expect("a Vec takes all that is written");
        self.end_line()
    }

    fn end_line(&mut self) -> Result<(), Error> {
        self.line.push(b'\n');
        self.file.write_all(&self.line).map_err(|cause| Error::file("write", &self.file.path, &cause))
    }

    /// The file, all rows written.
    pub fn into_file(self) -> OutputFile {
        self.file
    }
}

impl Sink for OutputTable {
    fn row(&mut self, fields: &[String]) -> Result<(), Error> {
        Self::row(self, fields)
    }

    fn plain_row(&mut self, fields: fmt::Arguments<'_>) -> Result<(), Error> {
        Self::plain_row(self, fields)
    }
}

/// A field as RFC 4180 has it: in quotes where it needs them; a formula as text.
fn push_field(line: &mut Vec<u8>, field: &str) {
    let field = shielded(field);
    if !field.contains([',', '"', '\n', '\r']) {
        line.extend_from_slice(field.as_bytes());
        return;
    }
    line.push(b'"');
    line.extend_from_slice(field.replace('"', "\"\"").as_bytes());
    line.push(b'"');
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
        table.row(&["say \"b\"", ""]).expect("it can be written");
        table.row(&["=1+1", "-0.5"]).expect("it can be written");
        table.plain_row(format_args!("2,{}", 0.5)).expect("it can be written");
        let file = table.into_file();
        let hash = file.sha256();
        file.publish().expect("it can be renamed");
        let content = fs::read(folder.path().join("a.csv")).expect("the file");
        assert_eq!(content, b"x,y\n1,\"a,b\"\n\"say \"\"b\"\"\",\n'=1+1,-0.5\n2,0.5\n");
        assert_eq!(hash, Hash::of(&content));
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
    }
}
