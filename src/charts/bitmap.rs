//! A figure as PNG: drawn twice as large and averaged, because plotters' lines have hard edges, then compressed.

use plotters::backend::BitMapBackend;

use super::canvas::{Medium, undrawable};
use super::figure::Figure;
use super::layout::Frame;
use super::render;
use crate::diag::Error;
use crate::numeric::pages::Buffer;

/// Pixels drawn for one of the picture, in each direction.
const OVERSAMPLING: u32 = 2;

const CHANNELS: usize = 3;

const WHITE: u8 = 255;

/// The figure, laid out in `frames`, as a PNG file.
pub(crate) fn png(figure: &Figure, frames: &[Frame<'_>]) -> Result<Vec<u8>, Error> {
    let (width, height) = figure.size;
    let large = (width * OVERSAMPLING, height * OVERSAMPLING);
    let mut pixels = Buffer::zeros(large.0 as usize * large.1 as usize * CHANNELS);
    pixels.fill(WHITE);
    let mut backend = BitMapBackend::with_buffer(&mut pixels, large);
    render::draw(figure, frames, &mut backend, Medium::Bitmap(OVERSAMPLING))?;
    drop(backend);
    encode(&halved(&pixels, large.0 as usize), figure.size).map_err(undrawable)
}

/// Each two by two pixels as one, their mean; `width` is the large picture's.
fn halved(pixels: &[u8], width: usize) -> Buffer<u8> {
    let row = width * CHANNELS;
    let mut small = Buffer::zeros(pixels.len() / 4);
    let mut sums = vec![0_u16; row];
    let mut last: &[u8] = &[];
    for (index, rows) in pixels.chunks_exact(2 * row).enumerate() {
        let (before, here) = small.split_at_mut(index * row / 2);
        let here = &mut here[..row / 2];
        // Most rows of a chart are like the one above.
        if rows == last {
            here.copy_from_slice(&before[before.len() - row / 2..]);
            continue;
        }
        last = rows;
        let (upper, lower) = rows.split_at(row);
        for ((sum, a), b) in sums.iter_mut().zip(upper).zip(lower) {
            *sum = u16::from(*a) + u16::from(*b);
        }
        let (pairs, _) = sums.as_chunks::<{ 2 * CHANNELS }>();
        let (means, _) = here.as_chunks_mut::<CHANNELS>();
        for (mean, [r, g, b, right_r, right_g, right_b]) in means.iter_mut().zip(pairs) {
            *mean = [(r + right_r + 2) / 4, (g + right_g + 2) / 4, (b + right_b + 2) / 4].map(|value| value as u8);
        }
    }
    small
}

fn encode(pixels: &[u8], (width, height): (u32, u32)) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    // Looking for the best filter of each row would take longer than all the drawing, to save half of the bytes.
    encoder.set_compression(png::Compression::Fast);
    encoder.set_filter(png::Filter::Up);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_pixels_become_their_mean() {
        // Two pixels beside each other, on two rows, in three channels; (0 + 1 + 2 + 4) / 4 is rounded to 2.
        let pixels = [0, 10, 255, 1, 10, 255, 2, 30, 255, 4, 30, 254];
        assert_eq!(*halved(&pixels, 2), [2, 20, 255]);
        assert_eq!(*halved(&[pixels, pixels, [7; 12]].concat(), 2), [2, 20, 255, 2, 20, 255, 7, 7, 7]);
    }
}
