//! Memory for many numbers: from the system itself, in large pages where it has them, so that neither the first touch of each nor
//! the way to a row far off takes long.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use bytemuck::Pod;
use memmap2::MmapMut;

/// From so many bytes on memory comes from the system: some large pages.
const MAPPED_BYTES: usize = 4 << 20;

/// So many numbers, zero in the beginning.
#[derive(Debug)]
pub struct Buffer<N> {
    memory: Memory<N>,
}

#[derive(Debug)]
enum Memory<N> {
    Heap(Vec<N>),
    Mapped(MmapMut, PhantomData<N>),
}

impl<N: Pod> Buffer<N> {
    /// So many zeros; they cost nothing until they are written.
    pub fn zeros(count: usize) -> Self {
        let bytes = count.saturating_mul(size_of::<N>());
        let mapped = if bytes < MAPPED_BYTES { None } else { map(bytes) };
        let memory = match mapped {
            Some(map) => Memory::Mapped(map, PhantomData),
            None => Memory::Heap(vec![N::zeroed(); count]),
        };
        Self { memory }
    }
}

/// Zeros from the system, unless it refuses: the allocator then says so.
fn map(bytes: usize) -> Option<MmapMut> {
    let map = MmapMut::map_anon(bytes).ok()?;
    // A wish; where it is not heard pages are small.
    #[cfg(target_os = "linux")]
    map.advise(memmap2::Advice::HugePage).ok();
    Some(map)
}

impl<N: Pod> Deref for Buffer<N> {
    type Target = [N];

    fn deref(&self) -> &[N] {
        match &self.memory {
            Memory::Heap(numbers) => numbers,
            Memory::Mapped(map, _) => bytemuck::cast_slice(map),
        }
    }
}

impl<N: Pod> DerefMut for Buffer<N> {
    fn deref_mut(&mut self) -> &mut [N] {
        match &mut self.memory {
            Memory::Heap(numbers) => numbers,
            Memory::Mapped(map, _) => bytemuck::cast_slice_mut(map),
        }
    }
}

impl<N: Pod> Clone for Buffer<N> {
    fn clone(&self) -> Self {
        let mut copy = Self::zeros(self.len());
        copy.copy_from_slice(self);
        copy
    }
}

impl<N: Pod> Default for Buffer<N> {
    fn default() -> Self {
        Self::zeros(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Few numbers lie in the heap, many in pages of the system's own; nothing else tells them apart.
    #[test]
    fn few_and_many_numbers_begin_as_zeros_and_keep_what_is_written() {
        for (count, mapped) in [(0, false), (3, false), (MAPPED_BYTES / 8 - 1, false), (MAPPED_BYTES / 8, true), (3_000_001, true)] {
            let mut numbers = Buffer::<f64>::zeros(count);
            assert_eq!(matches!(numbers.memory, Memory::Mapped(..)), mapped, "{count}");
            assert_eq!(numbers.len(), count);
            assert!(numbers.iter().all(|number| number.to_bits() == 0));
            numbers.iter_mut().enumerate().for_each(|(at, number)| *number = at as f64);
            let copy = numbers.clone();
            numbers.fill(0.5);
            assert!(copy.iter().enumerate().all(|(at, &number)| number == at as f64));
        }
    }
}
