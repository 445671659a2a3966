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
    if bytes <= there {
        return check_address_space(bytes, what);
    }
    Err(Problem::new(format!("{what} take {} of memory, and {} are there", gibibytes(bytes), gibibytes(there))))
}

/// Wants the process to be allowed so many bytes more, not all of which need ever be written.
///
/// # Errors
/// As those of [`check_room`].
pub fn check_address_space(bytes: usize, what: &str) -> Result<(), Problem> {
    // The allocator alone knows.
    if Vec::<u8>::new().try_reserve_exact(bytes).is_ok() {
        return Ok(());
    }
    Err(Problem::new(format!("{what} take {} of memory, and the process may not take as much", gibibytes(bytes))))
}

fn gibibytes(bytes: usize) -> String {
    format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30))
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
}
