//! A file's bytes, decompressed if they are gzip, and the SHA-256 of what lies on the disk.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;

use super::records::Ending;
use crate::diag::{Error, Problem};
use crate::input;
use crate::numeric::digest::{Hash, Hasher};
use crate::work::Work;

/// The first bytes of every gzip member (RFC 1952, section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Room for the compressed bytes; a plain file is read past it.
const COMPRESSED_BYTES: usize = 256 * 1024;

/// An open file, read from its start to its end.
pub(super) struct Source {
    path: PathBuf,
    bytes: Bytes,
    size: u64,
    ended: bool,
}

enum Bytes {
    Plain(BufReader<Tap>),
    Gzip(Members),
}

/// A file that hashes what is read from it.
struct Tap {
    file: File,
    hasher: Hasher,
    work: Work,
}

impl Read for Tap {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(out)?;
        self.hasher.update(&out[..count]);
        self.work.advance(count as u64);
        Ok(count)
    }
}

/// The members of a gzip stream, one after the other (RFC 1952, section 2.2). Zeros after the last are padding, as tapes and
/// block devices add it; anything else there is refused.
struct Members {
    /// None only while one stage gives way to the next.
    stage: Option<Stage>,
}

enum Stage {
    /// Inside a member.
    Member(Box<GzDecoder<BufReader<Tap>>>),
    /// After the last.
    Ended(BufReader<Tap>),
}

/// Something that is no gzip follows the last member.
#[derive(Debug, thiserror::Error)]
#[error("something that is no gzip follows the end of the stream")]
struct Trailing;

impl Members {
    fn new(bytes: BufReader<Tap>) -> Self {
        Self { stage: Some(Stage::Member(Box::new(GzDecoder::new(bytes)))) }
    }

    fn into_inner(self) -> BufReader<Tap> {
        match self.stage.expect("a stage is at hand between reads") {
            Stage::Member(member) => member.into_inner(),
            Stage::Ended(bytes) => bytes,
        }
    }

    /// Goes on after a member that was read to its end.
    fn leave(&mut self, mut bytes: BufReader<Tap>) -> io::Result<()> {
        let follows = bytes.fill_buf().map(|next| next.first().copied());
        if matches!(follows, Ok(Some(first)) if first == GZIP_MAGIC[0]) {
            *self = Self::new(bytes);
            return Ok(());
        }
        let padded = follows.and_then(|_| only_zeros(&mut bytes));
        self.stage = Some(Stage::Ended(bytes));
        if padded? { Ok(()) } else { Err(io::Error::new(io::ErrorKind::InvalidData, Trailing)) }
    }
}

/// Whether all that is left are zeros; reads no further than the first block that has another byte.
fn only_zeros(bytes: &mut BufReader<Tap>) -> io::Result<bool> {
    loop {
        let block = bytes.fill_buf()?;
        if block.is_empty() || block.iter().any(|&byte| byte != 0) {
            return Ok(block.is_empty());
        }
        let count = block.len();
        bytes.consume(count);
    }
}

impl Read for Members {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while !out.is_empty() {
            match self.stage.take().expect("a stage is at hand between reads") {
                Stage::Member(mut member) => match member.read(out) {
                    Ok(0) => self.leave(member.into_inner())?,
                    read => {
                        self.stage = Some(Stage::Member(member));
                        return read;
                    }
                },
                Stage::Ended(bytes) => {
                    self.stage = Some(Stage::Ended(bytes));
                    return Ok(0);
                }
            }
        }
        Ok(0)
    }
}

impl Source {
    /// Opens `path`; whether it is gzip is seen by its first bytes, not by its name.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |cause: io::Error| Error::file("read", path, &cause);
        let file = input::open("read", path)?;
        // A pipe has no size: then nobody can tell how far it is.
        let size = file.metadata().map_or(0, |metadata| metadata.len());
        let work = Work::begin(&format!("reading {}", path.display()), size);
        let mut plain = BufReader::with_capacity(COMPRESSED_BYTES, Tap { file, hasher: Hasher::default(), work });
        let bytes =
            if plain.fill_buf().map_err(failed)?.starts_with(&GZIP_MAGIC) { Bytes::Gzip(Members::new(plain)) } else { Bytes::Plain(plain) };
        Ok(Self { path: path.to_path_buf(), bytes, size, ended: false })
    }

    /// Whether the last block was the last.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// How many bytes there are to read at most, as far as anybody can tell.
    pub(super) fn text_bytes_max(&self) -> usize {
        if matches!(self.bytes, Bytes::Plain(_)) && self.size > 0 { self.size as usize } else { usize::MAX }
    }

    /// Whether more bytes follow the last block.
    pub(super) fn ending(&self) -> Ending {
        if self.ended { Ending::Final } else { Ending::Open }
    }

    /// Appends the next `size` bytes to `text`; fewer, or none, only at the end.
    pub(super) fn block(&mut self, size: usize, text: &mut Vec<u8>) -> Result<(), Error> {
        text.reserve(size);
        let limit = size as u64;
        let read = match &mut self.bytes {
            Bytes::Plain(bytes) => bytes.take(limit).read_to_end(text),
            Bytes::Gzip(bytes) => bytes.take(limit).read_to_end(text),
        };
        let count = read.map_err(|cause| self.failed(&cause))?;
        self.ended = count < size;
        Ok(())
    }

    /// Reads the rest of a gzip file for nothing but its checksums: damaged bytes can look like damaged CSV, and this tells
    /// the cause from the symptom.
    pub(super) fn check_rest(&mut self) -> Result<(), Error> {
        let Bytes::Gzip(bytes) = &mut self.bytes else { return Ok(()) };
        let read = io::copy(bytes, &mut io::sink());
        read.map(|_| ()).map_err(|cause| self.failed(&cause))
    }

    /// SHA-256 of all the file's bytes as they lie.
    pub(super) fn finish(self) -> Result<Hash, Error> {
        let mut rest = match self.bytes {
            Bytes::Plain(bytes) => bytes,
            Bytes::Gzip(bytes) => bytes.into_inner(),
        };
        io::copy(&mut rest, &mut io::sink()).map_err(|cause| Error::file("read", &self.path, &cause))?;
        Ok(rest.into_inner().hasher.finish())
    }

    fn failed(&self, cause: &io::Error) -> Error {
        let damaged = matches!(cause.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData);
        if matches!(self.bytes, Bytes::Gzip(_)) && damaged {
            let help = match cause.get_ref() {
                Some(inner) if inner.is::<Trailing>() => "remove what follows the gzip stream, or make or download the file again",
                _ => "the gzip file is cut short or damaged: make or download it again",
            };
            return Problem::new(format!("can't decompress {}: {cause}", self.path.display())).help(help).into();
        }
        Error::file("read", &self.path, cause)
    }
}
