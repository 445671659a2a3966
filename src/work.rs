//! How far a long piece of work is, for whoever watches the process. No result depends on it.
//!
//! As with logging, there is one watcher a process: what does the work need not know whether anyone looks.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Someone who is shown work, one piece at a time, from any thread.
pub trait Watcher: Send + Sync {
    /// A piece of work begins, of so many steps.
    fn begin(&self, name: &str, steps: u64);
    /// So many steps of it are done.
    fn reached(&self, steps: u64);
    /// It has ended.
    fn end(&self);
}

static WATCHER: OnceLock<Box<dyn Watcher>> = OnceLock::new();

/// Shows all work from now on to `watcher`; only the first that asks is shown any.
pub fn watch(watcher: Box<dyn Watcher>) {
    // A second watcher would mean two progress bars in one terminal.
    let _ = WATCHER.set(watcher);
}

/// A piece of work under way; it ends when it is dropped.
#[derive(Debug)]
pub struct Work {
    done: AtomicU64,
}

impl Work {
    /// Begins a piece of work of so many steps.
    pub fn begin(name: &str, steps: u64) -> Self {
        WATCHER.get().inspect(|watcher| watcher.begin(name, steps));
        Self { done: AtomicU64::new(0) }
    }

    /// Tells that `steps` more steps are done.
    pub fn advance(&self, steps: u64) {
        if let Some(watcher) = WATCHER.get() {
            watcher.reached(self.done.fetch_add(steps, Ordering::Relaxed) + steps);
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        WATCHER.get().inspect(|watcher| watcher.end());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

    struct Ear;

    impl Ear {
        fn hear(words: String) {
            HEARD.lock().expect("no test panics while it holds the lock").push(words);
        }
    }

    impl Watcher for Ear {
        fn begin(&self, name: &str, steps: u64) {
            Self::hear(format!("{name} {steps}"));
        }

        fn reached(&self, steps: u64) {
            Self::hear(steps.to_string());
        }

        fn end(&self) {
            Self::hear("end".to_owned());
        }
    }

    /// other tests of this process begin work as well, but none of this name.
    #[test]
    fn a_watcher_hears_of_a_task_from_its_begin_to_its_end() {
        watch(Box::new(Ear));
        let work = Work::begin("work of this test", 5);
        work.advance(2);
        work.advance(3);
        drop(work);
        let heard = HEARD.lock().expect("no test panics while it holds the lock");
        let start = heard.iter().position(|words| words == "work of this test 5").expect("it was told of");
        let rest: Vec<&str> = heard[start + 1..].iter().map(String::as_str).collect();
        let at = |words: &str| rest.iter().position(|heard| *heard == words);
        assert!(at("2") < at("5") && at("5").is_some() && rest.contains(&"end"));
    }
}
