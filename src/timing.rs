//! The only place that reads clocks; its numbers go to timing files and to the terminal, never into a result.

use std::ops::Add;
use std::sync::OnceLock;
use std::time::Instant;

use cpu_time::{ProcessTime, ThreadTime};
use serde::{Deserialize, Serialize};

/// Wall and CPU seconds.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Seconds {
    /// Elapsed time.
    pub wall: f64,
    /// CPU time: of the whole process for a [`Stopwatch`], of one thread for a [`ThreadStopwatch`].
    pub cpu: f64,
}

impl Add for Seconds {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self { wall: self.wall + more.wall, cpu: self.cpu + more.cpu }
    }
}

/// Measures wall time and the whole process's CPU time.
#[derive(Debug)]
pub struct Stopwatch {
    wall: Instant,
    cpu: ProcessTime,
}

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        Self { wall: Instant::now(), cpu: ProcessTime::now() }
    }

    /// Seconds since the start.
    pub fn elapsed(&self) -> Seconds {
        Seconds { wall: self.wall.elapsed().as_secs_f64(), cpu: self.cpu.elapsed().as_secs_f64() }
    }
}

/// When the process began, as far as it has asked.
static BEGAN: OnceLock<Stopwatch> = OnceLock::new();

/// Seconds since this was first asked for, which the command line does before anything else.
pub fn of_process() -> Seconds {
    BEGAN.get_or_init(Stopwatch::start).elapsed()
}

/// Measures wall time alone, which costs the system nothing.
#[derive(Debug)]
pub struct WallStopwatch(Instant);

impl WallStopwatch {
    /// Starts now.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Wall seconds since the start.
    pub fn elapsed(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// Measures wall time and the CPU time of the thread it was started on.
#[derive(Debug)]
pub struct ThreadStopwatch {
    wall: Instant,
    cpu: ThreadTime,
}

impl ThreadStopwatch {
    /// Starts now, on this thread.
    pub fn start() -> Self {
        Self { wall: Instant::now(), cpu: ThreadTime::now() }
    }

    /// Seconds since the start; call it on the thread that started it.
    pub fn elapsed(&self) -> Seconds {
        Seconds { wall: self.wall.elapsed().as_secs_f64(), cpu: self.cpu.elapsed().as_secs_f64() }
    }
}
