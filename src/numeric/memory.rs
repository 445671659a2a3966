//! Room in memory, asked for before it is taken: where there is too little, words and not an ended process.
//!
//! No result depends on the answer, only whether there is one.

use std::fs;

use crate::diag::Problem;

/// Wants room for so many bytes, which `what` needs: words that complete "... take 3.2 GiB of memory".
///
/// # Errors
/// When there is less. The way out is the caller's to name.
pub fn check_room(bytes: usize, what: &str) -> Result<(), Problem> {
    let there = available();
    // What the process itself may take is known to the allocator only.
    if bytes <= there && Vec::<u8>::new().try_reserve_exact(bytes).is_ok() {
        return Ok(());
    }
    let gibibytes = |bytes: usize| format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30));
    let fewer = if bytes <= there { "the process may not take as much".to_owned() } else { format!("{} are there", gibibytes(there)) };
    Err(Problem::new(format!("{what} take {} of memory, and {fewer}", gibibytes(bytes))))
}

/// Makes room for `more` numbers at the end of `numbers`.
///
/// # Errors
/// As those of [`check_room`].
pub fn reserve(numbers: &mut Vec<f64>, more: usize, what: &str) -> Result<(), Problem> {
    if numbers.capacity() - numbers.len() < more {
        // A vector that grows takes twice its room.
        check_room(numbers.capacity().max(more).saturating_mul(size_of::<f64>()), what)?;
        numbers.reserve(more);
    }
    Ok(())
}

/// Bytes that can still be taken, as far as the system tells.
fn available() -> usize {
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kibibytes = |name: &str| meminfo.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse::<usize>().ok());
    let machine = kibibytes("MemAvailable:").map(|memory| (memory + kibibytes("SwapFree:").unwrap_or(0)).saturating_mul(1024));
    let group = fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    machine.into_iter().chain(group).min().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_a_page_and_none_for_all_that_can_be_counted() {
        assert!(check_room(4096, "a page").is_ok());
        let told = crate::diag::Error::from(check_room(usize::MAX, "all bytes").expect_err("nobody has them")).to_string();
        assert!(told.contains("all bytes take 17179869184.0 GiB of memory"), "{told}");
    }

    #[test]
    fn numbers_get_the_room_they_ask_for() {
        let mut numbers = vec![1.0];
        reserve(&mut numbers, 1000, "the numbers").expect("there is room");
        assert!(numbers.capacity() >= 1001 && numbers == [1.0]);
        assert!(reserve(&mut numbers, usize::MAX >> 3, "the numbers").is_err());
    }
}
