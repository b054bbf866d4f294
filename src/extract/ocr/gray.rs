//! Pictures as shades of grey, which is all that reading text takes. Decoded here, by readers that
//! can't be made to overrun memory, so that the program that reads the text is handed plain pixels
//! and never a file of somebody else's making.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::rc::Rc;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::extract::unpack::Failure;
use crate::extract::unpack::budget::{Bound, Budget, Held};
use crate::extract::unpack::source::Seekable;

/// The longest side of a picture.
const LONGEST: usize = 30_000;
/// What a decoder of JPEG holds for a pixel: the coefficients of three colours, and the rows.
const JPEG_A_PIXEL: u64 = 8;
/// What a decoder of WebP holds for a pixel beside its answer.
const WEBP_A_PIXEL: u64 = 6;
/// Smaller pictures are enlarged: letters of a screen are small for what reads them.
const SMALL: usize = 4_000_000;
/// A darker picture is turned into its negative.
const DARK: u64 = 110;
/// So much is put around it: letters at the very edge are not read.
const BORDER: usize = 12;

/// A picture of shades of grey, row by row.
#[derive(Debug)]
pub struct Gray {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Gray {
    /// Decodes PNG, JPEG, WebP and the portable maps of grey and colour (`P5`, `P6`) of 256 shades;
    /// `None` for others. The memory counts as held while the second of the answer lives.
    ///
    /// # Errors
    ///
    /// If it is damaged, or too large to be held.
    pub fn decode(
        source: &mut dyn Seekable,
        budget: &Rc<Budget>,
    ) -> Result<Option<(Self, Held)>, Failure> {
        let mut mark = [0; 2];
        source.read_exact(&mut mark)?;
        source.rewind()?;
        match &mark {
            [0x89, b'P'] => png(source, budget).map(Some),
            [0xff, 0xd8] => jpeg(source, budget).map(Some),
            b"RI" => webp(source, budget).map(Some),
            b"P5" | b"P6" => map(source, budget).map(Some),
            _ => Ok(None),
        }
    }

    /// Asks for the memory of a picture.
    fn new(width: usize, height: usize, budget: &Rc<Budget>) -> Result<(Self, Held), Failure> {
        if width == 0 || height == 0 {
            return Err(Failure::Broken("it has no size".to_owned()));
        }
        if width > LONGEST || height > LONGEST {
            return Err(Bound::Memory.into());
        }
        let size = width * height;
        // what a header says is no reason yet to give the whole file up
        let held = budget.hold(size as u64)?;
        budget.spend(size as u64)?;
        let mut pixels = Vec::new();
        pixels.reserve_exact(size);
        Ok((Self { width, height, pixels }, held))
    }

    /// Adds a row or more of samples, `channels` to a pixel: grey, grey and opacity, colours,
    /// colours and opacity. What is not opaque stands on white.
    fn push(&mut self, samples: &[u8], channels: usize) {
        match channels {
            1 => self.pixels.extend_from_slice(samples),
            2 => self.pixels.extend(samples.as_chunks().0.iter().map(|[y, a]| on_white(*y, *a))),
            3 => self.pixels.extend(samples.as_chunks().0.iter().map(luma)),
            _ => self.pixels.extend(
                samples.as_chunks().0.iter().map(|[r, g, b, a]| on_white(luma(&[*r, *g, *b]), *a)),
            ),
        }
    }

    /// White where something is missing.
    fn finish(mut self) -> Self {
        self.pixels.resize(self.width * self.height, 0xff);
        self
    }

    /// How wide and high it is, in pixels.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Writes it as a portable grey map, as whoever reads text likes it: dark on light, with a
    /// border, and twice as large if it is small. It is enlarged row by row, so that the larger one
    /// is never held.
    ///
    /// # Errors
    ///
    /// Whatever `to` answers.
    pub fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        let twice = self.pixels.len() <= SMALL;
        let factor = if twice { 2 } else { 1 };
        let width = self.width * factor + 2 * BORDER;
        let height = self.height * factor + 2 * BORDER;
        let sum: u64 = self.pixels.iter().map(|pixel| u64::from(*pixel)).sum();
        let negative = if sum < DARK * self.pixels.len() as u64 { 0xff } else { 0 };
        write!(to, "P5\n{width} {height}\n255\n")?;
        let edge = self.pixels.first().copied().unwrap_or(0xff) ^ negative;
        let mut row = vec![edge; width];
        for _ in 0..BORDER {
            to.write_all(&row)?;
        }
        let mut rows = self.pixels.chunks_exact(self.width);
        let mut before: &[u8] = rows.next().unwrap_or_default();
        let mut between = vec![0; self.width];
        // an enlarged row lies a quarter of a row away from the nearest one
        let mut put = |near: &[u8], far: &[u8]| {
            let inner = row.get_mut(BORDER..width - BORDER).unwrap_or_default();
            if twice {
                blend(near, far, &mut between);
                widen(&between, inner);
            } else {
                inner.copy_from_slice(near);
            }
            inner.iter_mut().for_each(|pixel| *pixel ^= negative);
            to.write_all(&row)
        };
        put(before, before)?;
        for next in rows {
            if twice {
                put(before, next)?;
                put(next, before)?;
            } else {
                put(next, next)?;
            }
            before = next;
        }
        if twice {
            put(before, before)?;
        }
        let row = vec![edge; width];
        for _ in 0..BORDER {
            to.write_all(&row)?;
        }
        to.flush()
    }
}

/// Three quarters of `near` and one of `far`.
fn blend(near: &[u8], far: &[u8], into: &mut [u8]) {
    for ((near, far), into) in near.iter().zip(far).zip(into) {
        *into = quarter(*near, *far);
    }
}

/// Twice as many pixels as `row` has.
fn widen(row: &[u8], into: &mut [u8]) {
    let mut left = row.first().copied().unwrap_or(0);
    for (at, pair) in into.as_chunks_mut::<2>().0.iter_mut().enumerate() {
        let here = row.get(at).copied().unwrap_or(left);
        let right = row.get(at + 1).copied().unwrap_or(here);
        *pair = [quarter(here, left), quarter(here, right)];
        left = here;
    }
}

fn quarter(near: u8, far: u8) -> u8 {
    ((3 * u16::from(near) + u16::from(far) + 2) / 4) as u8
}

/// How light a colour is. ITU-R BT.601, in integers.
fn luma([r, g, b]: &[u8; 3]) -> u8 {
    ((77 * u32::from(*r) + 150 * u32::from(*g) + 29 * u32::from(*b)) >> 8) as u8
}

fn on_white(gray: u8, opacity: u8) -> u8 {
    let (gray, opacity) = (u32::from(gray), u32::from(opacity));
    ((gray * opacity + 255 * (255 - opacity)) / 255) as u8
}

fn damaged(error: impl std::fmt::Display) -> Failure {
    Failure::Broken(format!("it is damaged ({error})"))
}

/// PNG, row by row; what is interlaced is held as a whole. ISO/IEC 15948.
fn png(source: &mut dyn Seekable, budget: &Rc<Budget>) -> Result<(Gray, Held), Failure> {
    let limits = png::Limits { bytes: 4 * 1024 * 1024 };
    let mut decoder = png::Decoder::new_with_limits(BufReader::new(source), limits);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(damaged)?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    let channels = reader.output_color_type().0.samples();
    let (mut gray, held) = Gray::new(width, height, budget)?;
    if reader.info().interlaced {
        let size = reader.output_buffer_size().ok_or(Bound::Memory)?;
        let _held = budget.hold(size as u64)?;
        let mut frame = vec![0; size];
        reader.next_frame(&mut frame).map_err(damaged)?;
        gray.push(&frame, channels);
        return Ok((gray.finish(), held));
    }
    for _ in 0..height {
        match reader.next_row() {
            Ok(Some(row)) => gray.push(row.data(), channels),
            Ok(None) => break,
            Err(error) => return Err(damaged(error)),
        }
    }
    Ok((gray.finish(), held))
}

/// JPEG, of whose colours only the lightness is decoded. ITU-T T.81.
fn jpeg(source: &mut dyn Seekable, budget: &Rc<Budget>) -> Result<(Gray, Held), Failure> {
    let options = DecoderOptions::new_safe()
        .set_max_width(LONGEST)
        .set_max_height(LONGEST)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(BufReader::new(source), options);
    decoder.decode_headers().map_err(damaged)?;
    let info = decoder.info().ok_or_else(|| damaged("it has no header"))?;
    let (width, height) = (usize::from(info.width), usize::from(info.height));
    let (mut gray, held) = Gray::new(width, height, budget)?;
    let _beside = budget.hold((width * height) as u64 * JPEG_A_PIXEL)?;
    let pixels = decoder.decode().map_err(damaged)?;
    // some answer in colours all the same
    let channels = (pixels.len() / (width * height)).clamp(1, 4);
    gray.push(&pixels, channels);
    Ok((gray.finish(), held))
}

/// WebP. RFC 9649.
fn webp(source: &mut dyn Seekable, budget: &Rc<Budget>) -> Result<(Gray, Held), Failure> {
    let mut decoder = image_webp::WebPDecoder::new(BufReader::new(source)).map_err(damaged)?;
    // what a file may make it hold beside the picture, such as profiles
    decoder.set_memory_limit(4 * 1024 * 1024);
    let (width, height) = decoder.dimensions();
    let (mut gray, held) = Gray::new(width as usize, height as usize, budget)?;
    let size = decoder.output_buffer_size().ok_or(Bound::Memory)?;
    let pixels = u64::from(width) * u64::from(height);
    let _beside = budget.hold(size as u64 + pixels * WEBP_A_PIXEL)?;
    let mut frame = vec![0; size];
    decoder.read_image(&mut frame).map_err(damaged)?;
    gray.push(&frame, if decoder.has_alpha() { 4 } else { 3 });
    Ok((gray.finish(), held))
}

/// Portable maps, which readers of other formats make of pixels that they find.
fn map(source: &mut dyn Seekable, budget: &Rc<Budget>) -> Result<(Gray, Held), Failure> {
    const LINE: u64 = 32;
    let mut input = BufReader::new(source);
    let mut lines = [String::new(), String::new(), String::new()];
    for line in &mut lines {
        (&mut input).take(LINE).read_line(line)?;
    }
    let [kind, size, depth] = lines;
    let sides = size.trim().split_once(' ').and_then(|(width, height)| {
        Some((width.parse::<usize>().ok()?, height.parse::<usize>().ok()?))
    });
    let (Some((width, height)), "255") = (sides, depth.trim()) else {
        return Err(damaged("its header makes no sense"));
    };
    let channels = if kind.starts_with("P6") { 3 } else { 1 };
    let (mut gray, held) = Gray::new(width, height, budget)?;
    let mut row = vec![0; width * channels];
    for _ in 0..height {
        input.read_exact(&mut row)?;
        gray.push(&row, channels);
    }
    Ok((gray.finish(), held))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::unpack::budget::Limits;

    fn decoded(bytes: &[u8]) -> Result<Option<Gray>, Failure> {
        let budget = Budget::new(Limits::default());
        Ok(Gray::decode(&mut io::Cursor::new(bytes), &budget)?.map(|(gray, _)| gray))
    }

    fn written(gray: &Gray) -> (usize, Vec<u8>) {
        let mut out = Vec::new();
        gray.write(&mut out).unwrap();
        let mut lines = out.splitn(4, |byte| *byte == b'\n');
        let size = lines.nth(1).unwrap().to_vec();
        let width = String::from_utf8(size).unwrap();
        (width.split_once(' ').unwrap().0.parse().unwrap(), lines.nth(1).unwrap().to_vec())
    }

    #[test]
    fn small_pictures_are_enlarged_on_a_border() {
        let gray = decoded(b"P5\n3 2\n255\n\xff\xff\xff\xff\x00\xff").unwrap().unwrap();
        assert_eq!(gray.size(), (3, 2));
        let (width, pixels) = written(&gray);
        assert_eq!((width, pixels.len()), (6 + 2 * BORDER, width * (4 + 2 * BORDER)));
        let row = |at: usize| &pixels[(BORDER + at) * width + BORDER..][..6];
        assert_eq!(row(0), [255; 6]);
        assert_eq!(row(2), [255, 207, 112, 112, 207, 255]);
        assert_eq!(row(3), [255, 191, 64, 64, 191, 255]);
        assert_eq!(pixels[0], 255);
    }

    #[test]
    fn dark_pictures_are_turned_into_their_negative() {
        let gray = decoded(b"P6\n2 1\n255\n\0\0\0\0\0\0").unwrap().unwrap();
        let (_, pixels) = written(&gray);
        assert!(pixels.iter().all(|pixel| *pixel == 255));
    }

    #[test]
    fn what_is_clear_stands_on_white() {
        assert_eq!((on_white(0, 0), on_white(0, 255), on_white(255, 7)), (255, 0, 255));
    }

    #[test]
    fn no_size_is_believed() {
        for bytes in [
            &b"P5\n30001 1\n255\n"[..],
            b"P5\n30000 30000\n255\n",
            b"P5\n0 1\n255\n",
            b"P5\n-1 1\n255\n",
            b"P6\n9 9\n255\n\0",
            b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\xff\xff\xff\xff\xff\xff\xff\xff\x08\x02\0\0\0",
            b"\xff\xd8\xff\xe0",
            b"RIFF\xff\xff\xff\xffWEBPVP8L",
        ] {
            assert!(decoded(bytes).is_err(), "{}", bytes.escape_ascii());
        }
        assert!(decoded(b"GIF89a").unwrap().is_none());
    }
}
