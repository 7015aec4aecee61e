//! A log to read: a file or standard input, plain or compressed, which its first bytes tell.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use anyhow::Context as _;
use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::failure::Failure;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTANDARD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Larger windows are refused: nothing that is meant to be stored has them.
const WINDOW: u64 = 128 << 20;

/// A log that is open.
pub(super) struct Source {
    /// What is in it.
    text: Box<dyn Read>,
    /// How far it was read, in bytes of the file.
    position: Rc<Cell<u64>>,
    /// How many bytes the file has; none where that is not known.
    length: Option<u64>,
    pub(super) is_compressed: bool,
}

impl Source {
    pub(super) fn open(name: &str) -> Result<Self, Failure> {
        let opened = if name == "-" { Self::of(io::stdin(), None) } else { Self::of_file(name) };
        opened
            .with_context(|| format!("could not read {name}"))
            .map_err(|error| Failure::usage(error).help("name a log file that exists, or - for standard input"))
    }

    fn of_file(name: &str) -> io::Result<Self> {
        let file = File::open(name)?;
        let about = file.metadata()?;
        if about.is_dir() {
            return Err(io::Error::other("it is a folder; name the files in it, oldest first"));
        }
        let length = about.is_file().then_some(about.len());
        Self::of(file, length)
    }

    pub(super) fn of(bytes: impl Read + 'static, length: Option<u64>) -> io::Result<Self> {
        const BUFFER: usize = 1 << 16;
        let position = Rc::new(Cell::new(0));
        let counted = Counted { bytes, position: Rc::clone(&position) };
        let mut bytes = BufReader::with_capacity(BUFFER, counted);
        let begin = bytes.fill_buf()?;
        let (is_gzip, is_zstandard) = (begin.starts_with(&GZIP), begin.starts_with(&ZSTANDARD));
        let text: Box<dyn Read> = match (is_gzip, is_zstandard) {
            (true, _) => Box::new(MultiGzDecoder::new(bytes)),
            (_, true) => Box::new(Zstandard::new(bytes)),
            _ => Box::new(bytes),
        };
        Ok(Self { text, position, length, is_compressed: is_gzip || is_zstandard })
    }

    pub(super) fn length(&self) -> Option<u64> {
        self.length
    }

    pub(super) fn position(&self) -> u64 {
        self.position.get()
    }
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.text.read(into)
    }
}

/// Counts what goes through.
struct Counted<R> {
    bytes: R,
    position: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.bytes.read(into)?;
        self.position.set(self.position.get() + length as u64);
        Ok(length)
    }
}

/// Frames one behind the other, as `zstd` and rotation write them; the crate reads one.
struct Zstandard<R> {
    bytes: R,
    decoder: FrameDecoder,
    /// Whether a frame was begun.
    is_open: bool,
}

impl<R: BufRead> Zstandard<R> {
    fn new(bytes: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW);
        Self { bytes, decoder, is_open: false }
    }

    /// Begins the next frame; says whether there is one.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.bytes.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.bytes) {
                Ok(()) => {
                    self.is_open = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    io::copy(&mut self.bytes.by_ref().take(length.into()), &mut io::sink())?;
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(false)
    }
}

impl<R: BufRead> Read for Zstandard<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.is_open && !self.begin()? {
                return Ok(0);
            }
            if self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let some = BlockDecodingStrategy::UptoBytes(into.len());
                self.decoder.decode_blocks(&mut self.bytes, some).map_err(io::Error::other)?;
            }
            let length = self.decoder.read(into)?;
            if length > 0 {
                return Ok(length);
            }
            self.is_open = !self.decoder.is_finished();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn read(bytes: Vec<u8>) -> (String, bool) {
        let mut source = Source::of(io::Cursor::new(bytes), None).unwrap();
        let mut text = String::new();
        source.read_to_string(&mut text).unwrap();
        (text, source.is_compressed)
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(text.as_bytes()).unwrap();
        out.finish().unwrap()
    }

    fn zstandard(text: &str) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest)
    }

    #[test]
    fn the_first_bytes_tell_how_a_log_is_stored() {
        let long = "2026-11-21 LOG:  duration: 1 ms\n".repeat(20_000);
        assert_eq!(read(long.clone().into_bytes()), (long.clone(), false));
        assert_eq!(read(gzip(&long)), (long.clone(), true));
        assert_eq!(read(zstandard(&long)), (long, true));
        assert_eq!(read(Vec::new()), (String::new(), false));
    }

    #[test]
    fn logs_that_were_compressed_one_by_one_are_read_to_the_last() {
        assert_eq!(read([gzip("one\n"), gzip("two\n")].concat()).0, "one\ntwo\n");
        let skipped = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3].to_vec();
        assert_eq!(read([zstandard("one\n"), skipped, zstandard("two\n")].concat()).0, "one\ntwo\n");
    }

    #[test]
    fn a_compressed_log_that_breaks_off_is_an_error() {
        for bytes in [gzip(&"a long line\n".repeat(5_000)), zstandard(&"a long line\n".repeat(5_000))] {
            let mut source = Source::of(io::Cursor::new(bytes[..bytes.len() - 12].to_vec()), None).unwrap();
            assert!(source.read_to_end(&mut Vec::new()).is_err());
        }
    }
}
