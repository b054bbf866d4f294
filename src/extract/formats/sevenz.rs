//! 7z archives. What a directory and a dictionary would take is asked for before they are held;
//! members are unpacked in the order in which they stand, so that a solid archive is read once.

use std::io::{self, BufReader, Read};

use flate2::Crc;
use sevenz_rust2::{Archive, ArchiveEntry, BlockDecoder, EncoderMethod, Error, Password};

use super::{Format, sevenz_size};
use crate::extract::unpack::budget::Bound;
use crate::extract::unpack::source::{Seekable, Source};
use crate::extract::unpack::{Failure, Inside};

/// As 7-Zip writes it.
pub(super) const SEVENZ: Format =
    Format { name: "7z", fits: |head| head.starts_with(b"7z\xbc\xaf\x27\x1c"), read };

/// What a reader in the crate calls a wrong checksum.
const CHECKSUM: &str = "ChecksumVerificationFailed";
/// What stands for the checksum of a member that has none; those that there are have 32 bits.
const NO_CHECKSUM: u64 = u64::MAX;

fn read(source: &mut Source<'_>, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
    let mut source = BufReader::new(source.seekable()?);
    let Some(need) = sevenz_size::of(&mut source, inside)? else {
        return Ok(());
    };
    let mut archive = {
        let _reading = inside.budget().hold(need.reading)?;
        Archive::read_with_memory_limit(&mut source, &Password::empty(), need.largest)
            .map_err(failure)?
    };
    let _directory = inside.budget().hold(need.directory)?;
    // the crate keeps back the end of a member whose checksum is wrong, and all behind it
    for file in &mut archive.files {
        if !std::mem::take(&mut file.has_crc) {
            file.crc = NO_CHECKSUM;
        }
    }
    for index in 0..archive.blocks.len() {
        let memory = need.blocks.get(index).copied().unwrap_or_default();
        Packed { archive: &archive, index, memory }.read(&mut source, inside)?;
    }
    Ok(())
}

/// Members that are packed together.
struct Packed<'a> {
    archive: &'a Archive,
    index: usize,
    /// In KiB, what unpacking them takes.
    memory: u32,
}

impl Packed<'_> {
    /// Shows the members. Where one can't be read those behind it can't be either.
    fn read(
        &self,
        source: &mut BufReader<&mut dyn Seekable>,
        inside: &mut Inside<'_, '_>,
    ) -> Result<(), Failure> {
        if self.is_encrypted() {
            return self.unread(source, 0, &Failure::Encrypted, inside);
        }
        let _held = match inside.budget().hold(u64::from(self.memory) * 1024) {
            Ok(held) => held,
            Err(bound) => return self.unread(source, 0, &bound.into(), inside),
        };
        let mut seen = 0;
        let mut told = false;
        let mut outcome = Ok(());
        let result = self.decoder(source).for_each_entries(&mut |entry, reader| {
            seen += 1;
            if entry.has_stream {
                let mut reader = Checked::new(entry, reader);
                outcome = inside
                    .member(&entry.name, &mut reader)
                    .and_then(|()| rest(&entry.name, &mut reader, inside))
                    .map(|failed| told |= failed);
            }
            Ok(outcome.is_ok())
        });
        outcome?;
        match result {
            Ok(_) => Ok(()),
            Err(error) if seen > 0 && !told => {
                inside.unread_part(format!("7z: {}", failure(error)));
                self.unread(source, seen, &behind(), inside)
            }
            Err(error) if seen == 0 => self.unread(source, 0, &failure(error), inside),
            Err(_) => self.unread(source, seen, &behind(), inside),
        }
    }

    fn is_encrypted(&self) -> bool {
        self.archive.blocks.get(self.index).is_some_and(|block| {
            let of = |id: &[u8]| id == EncoderMethod::ID_AES256_SHA256;
            block.coders.iter().any(|coder| of(coder.encoder_method_id()))
        })
    }

    fn decoder<'s, R: Read + io::Seek>(&'s self, source: &'s mut R) -> BlockDecoder<'s, R> {
        static NONE: std::sync::LazyLock<Password> = std::sync::LazyLock::new(Password::empty);
        let memory = self.memory as usize;
        BlockDecoder::new_with_memory_limit(1, memory, self.index, self.archive, &NONE, source)
    }

    /// Notes that all but the first `seen` members were not read, and why.
    fn unread(
        &self,
        source: &mut BufReader<&mut dyn Seekable>,
        seen: usize,
        failure: &Failure,
        inside: &mut Inside<'_, '_>,
    ) -> Result<(), Failure> {
        let decoder = self.decoder(source);
        for entry in decoder.entries().iter().skip(seen).filter(|entry| entry.has_stream) {
            inside.budget().tick()?;
            inside.unread(&entry.name, failure);
        }
        Ok(())
    }
}

fn behind() -> Failure {
    Failure::Broken("it is packed behind something that is damaged".to_owned())
}

/// Reads what was not read of a member: what stands behind it is packed with it. Answers whether
/// it can't be read.
fn rest(name: &str, reader: &mut dyn Read, inside: &mut Inside<'_, '_>) -> Result<bool, Failure> {
    let mut buffer = [0; 8 * 1024];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(false),
            Ok(count) => inside.budget().spend(count as u64)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                inside.unread(name, &error.into());
                return Ok(true);
            }
        }
    }
}

/// A member whose checksum is looked at once all of it has been read.
struct Checked<'r> {
    reader: &'r mut dyn Read,
    due: u64,
    crc: Crc,
}

impl<'r> Checked<'r> {
    fn new(entry: &ArchiveEntry, reader: &'r mut dyn Read) -> Self {
        Self { reader, due: entry.crc, crc: Crc::new() }
    }
}

impl Read for Checked<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let wrong = || io::Error::other("its checksum is wrong");
        let count = self.reader.read(into).map_err(|error| match error.to_string().as_str() {
            CHECKSUM => wrong(),
            _ => error,
        })?;
        self.crc.update(into.get(..count).unwrap_or_default());
        let at_end = count == 0 && !into.is_empty();
        if at_end && self.due != NO_CHECKSUM && self.due != u64::from(self.crc.sum()) {
            return Err(wrong());
        }
        Ok(count)
    }
}

/// What is wrong with an archive, in words that follow "it".
fn failure(error: Error) -> Failure {
    let what = match error {
        Error::Io(error, _) | Error::MaybeBadPassword(error) => return error.into(),
        Error::MaxMemLimited { .. } => return Bound::Memory.into(),
        Error::PasswordRequired => return Failure::Encrypted,
        Error::UnsupportedCompressionMethod(name) => {
            return Failure::Broken(format!("it is packed in an unknown way ({name})"));
        }
        Error::ChecksumVerificationFailed | Error::NextHeaderCrcMismatch => {
            "its checksum is wrong".to_owned()
        }
        Error::Other(what) | Error::Unsupported(what) => what.to_lowercase(),
        other => other.to_string(),
    };
    Failure::Broken(format!("it is damaged ({what})"))
}
