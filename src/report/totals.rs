//! `performance_summary.csv`: what a whole run took, added up from its logs.

use crate::diag::Error;
use crate::numeric::text::{shortest, shortest_or_empty};
use crate::runs::Saved;
use crate::timing::Seconds;

/// Sums over all rounds, and how long each took.
#[derive(Debug, Default)]
struct Totals {
    aborted: usize,
    client_rounds: u64,
    upload_bytes: u64,
    download_bytes: u64,
    wall: Vec<f64>,
    cpu: Vec<f64>,
}

/// Each figure of a run of so many clients whose rounds took so long.
///
/// # Errors
/// When a log can't be read.
pub(super) fn performance_summary(saved: &Saved, clients: usize, seconds: Seconds) -> Result<Vec<(&'static str, String)>, Error> {
    let mut totals = Totals::default();
    saved.rows("round_log.csv", ["outcome", "survivors"], |[outcome, survivors]| {
        totals.aborted += usize::from(outcome.text().starts_with("aborted"));
        totals.client_rounds += survivors.count()?;
        Ok(())
    })?;
    let columns = ["duration_s", "cpu_time_s", "upload_bytes", "download_bytes"];
    saved.rows("perf_log.csv", columns, |[wall, cpu, upload, download]| {
        totals.wall.push(wall.number()?);
        totals.cpu.push(cpu.number()?);
        totals.upload_bytes += upload.count()?;
        totals.download_bytes += download.count()?;
        Ok(())
    })?;
    Ok(totals.figures(clients, seconds))
}

impl Totals {
    fn figures(mut self, clients: usize, seconds: Seconds) -> Vec<(&'static str, String)> {
        let rounds = self.wall.len();
        let [wall_median, wall_p95] = quantiles(&mut self.wall);
        let [cpu_median, cpu_p95] = quantiles(&mut self.cpu);
        let per = |bytes: u64, count: usize| bytes.checked_div(count as u64).map(|bytes| bytes.to_string()).unwrap_or_default();
        vec![
            ("rounds", rounds.to_string()),
            ("rounds_aborted", self.aborted.to_string()),
            ("wall_s", shortest(seconds.wall)),
            ("cpu_s", shortest(seconds.cpu)),
            ("round_s_median", wall_median),
            ("round_s_p95", wall_p95),
            ("round_cpu_s_median", cpu_median),
            ("round_cpu_s_p95", cpu_p95),
            ("upload_bytes", self.upload_bytes.to_string()),
            ("download_bytes", self.download_bytes.to_string()),
            ("upload_bytes_per_client", per(self.upload_bytes, clients)),
            ("download_bytes_per_client", per(self.download_bytes, clients)),
            ("upload_bytes_per_round", per(self.upload_bytes, rounds)),
            ("download_bytes_per_round", per(self.download_bytes, rounds)),
            ("clients_per_s", shortest_or_empty((seconds.wall > 0.0).then(|| self.client_rounds as f64 / seconds.wall))),
        ]
    }
}

/// The median and the 95th percentile, by nearest rank; empty if there are no values.
fn quantiles(values: &mut [f64]) -> [String; 2] {
    values.sort_unstable_by(f64::total_cmp);
    [0.5, 0.95].map(|share| {
        let rank = (share * values.len() as f64).ceil() as usize;
        shortest_or_empty(values.get(rank.saturating_sub(1)).copied())
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_run_adds_up_from_its_logs() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, content: &str| fs::write(folder.path().join(name), content).expect("written");
        write("round_log.csv", "round,outcome,survivors\n0,start,0\n1,completed,4\n2,aborted_unmask,2\n3,completed,6\n");
        write("perf_log.csv", "duration_s,cpu_time_s,upload_bytes,download_bytes\n3,6,10,100\n1,2,20,200\n2,4,31,300\n");
        let seconds = Seconds { wall: 6.0, cpu: 12.0 };
        let figures = performance_summary(&Saved::in_folder(folder.path()).expect("the folder"), 10, seconds).expect("the logs are whole");
        let of = |name: &str| figures.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()).expect(name);
        // The median of 1, 2, 3 is the second of them, the 95th percentile the third: 0.95 * 3 is above 2.
        assert_eq!([of("rounds"), of("rounds_aborted"), of("round_s_median"), of("round_s_p95")], ["3", "1", "2", "3"]);
        assert_eq!([of("upload_bytes"), of("upload_bytes_per_client"), of("download_bytes_per_round")], ["61", "6", "200"]);
        // 12 clients answered in 6 seconds.
        assert_eq!([of("clients_per_s"), of("round_cpu_s_median"), of("wall_s")], ["2", "4", "6"]);
    }
}
