//! `fedsim expected-loss`: what the losses of a portfolio come to, by a model of defaults and one of losses given default.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::portfolio::{Defaults, Names, Portfolio, shares};
use super::streams::{print, tell, warn};
use super::target::Overwrite;
use crate::diag::{Error, Problem};
use crate::losses::{Loan, Retail, Standing, exposure_at_default};
use crate::numeric::reduce;
use crate::report::expected_loss::{FILES, Losses, files};
use crate::report::show_work;
use crate::runs::Predictor;
use crate::tasks::Task;

/// Work out a portfolio's expected losses, capital and IFRS 9 hints from two finished runs
///
/// Each row of the portfolio is a loan: it has the columns that both models were trained on, and those of its own below. PD, LGD, EAD and
/// their product are written for each loan, with the capital of Basel's CRE31 for retail exposures, twelve months' and lifetime losses, and
/// the stage that IFRS 9's presumptions hint at. Totals by bank, segment, class and stage go to stdout, or with all else into --out.
#[derive(Args, Debug)]
#[command(
    after_help = "Columns: drawn is what is owed, and must be there. Where there are others, they are looked at: limit, days_past_due, \
                        rate (the effective one, a year), years (that are left), class (mortgage, revolving or other), pd_at_start, bank, \
                        segment, id. --column says where one has another name.\n\
                        The stage is a hint by days past due (more than 30, 90) and by PD (twice pd_at_start and half a point above it), not \
                        a provision.\n\
                        Example: fedsim expected-loss outputs/credit_newton outputs/lgd data/portfolio.csv --out outputs/losses"
)]
pub struct ExpectedLoss {
    /// The folder of a finished run whose model says how probable a default is
    pd_run: PathBuf,
    /// The folder of a finished run whose model says which share of the exposure is lost
    lgd_run: PathBuf,
    /// The loans
    portfolio: PathBuf,
    /// The folder for the tables and the picture; without it totals are printed and nothing is written
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Which column holds what has another name here
    #[arg(long, value_name = "MEANING=COLUMN")]
    column: Vec<String>,
    /// The share of what is not drawn that is, at a default (the credit conversion factor)
    #[arg(long, value_name = "SHARE", default_value = "0.4", value_parser = share)]
    ccf: f64,
    /// The folder of a finished run whose model says it for each loan
    #[arg(long, value_name = "RUN", conflicts_with = "ccf")]
    ccf_run: Option<PathBuf>,
    /// The class of all loans, where there is no such column
    #[arg(long, value_name = "CLASS", default_value = "other", value_parser = class)]
    class: Retail,
    /// The yearly rate that losses are discounted by, where there is no such column
    #[arg(long, value_name = "RATE", default_value = "0", value_parser = share)]
    rate: f64,
    /// The years that loans have left, where there is no such column
    #[arg(long, value_name = "N", default_value = "1", value_parser = years)]
    years: f64,
    #[command(flatten)]
    overwrite: Overwrite,
}

fn share(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "must be a number from 0 to 1".to_owned())
}

fn years(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| *number > 0.0 && *number <= 100.0);
    number.ok_or_else(|| "must be a number above 0 and up to 100".to_owned())
}

fn class(text: &str) -> Result<Retail, String> {
    Retail::ALL.into_iter().find(|class| class.name() == text).ok_or_else(|| "must be mortgage, revolving or other".to_owned())
}

impl ExpectedLoss {
    pub(super) fn execute(&self) -> Result<(), Error> {
        let names = Names::read(&self.column)?;
        if let Some(out) = &self.out {
            FILES.iter().try_for_each(|name| self.overwrite.check("--out", &out.join(name), &[&self.portfolio]))?;
        }
        let pd_run = open(&self.pd_run, "PD_RUN", Task::Binary)?;
        let lgd_run = open(&self.lgd_run, "LGD_RUN", Task::Regression)?;
        let ccf_run = self.ccf_run.as_deref().map(|run| open(run, "--ccf-run", Task::Regression)).transpose()?;
        show_work();
        let losses = reduce::with_threads(None, || self.losses(&pd_run, &lgd_run, ccf_run.as_ref(), &names))??;
        let Some(out) = &self.out else { return print(&losses.totals_csv()) };
        fs::create_dir_all(out).map_err(|cause| Error::file("make the folder", out, &cause))?;
        for file in files(&losses, out)? {
            file.publish()?;
        }
        tell(&losses.headline());
        tell(&format!("written to {}", out.display()));
        Ok(())
    }

    fn losses(&self, pd_run: &Predictor, lgd_run: &Predictor, ccf_run: Option<&Predictor>, names: &Names) -> Result<Losses, Error> {
        let defaults = Defaults { class: self.class, rate: self.rate, years: self.years };
        let portfolio = Portfolio::read(pd_run, &self.portfolio, names, &defaults)?;
        let (pd, mut warnings) = shares(pd_run, &self.portfolio, "PD_RUN")?;
        let (lgd, more) = shares(lgd_run, &self.portfolio, "LGD_RUN")?;
        warnings.extend(more);
        let ccf = match ccf_run {
            None => vec![self.ccf; pd.len()],
            Some(run) => {
                let (ccf, more) = shares(run, &self.portfolio, "--ccf-run")?;
                warnings.extend(more);
                ccf
            }
        };
        warn(&warnings);
        let loan = |row: usize| Loan {
            standing: Standing { days_past_due: portfolio.days_past_due[row], pd: pd[row], pd_at_start: portfolio.pd_at_start[row] },
            lgd: lgd[row],
            ead: exposure_at_default(portfolio.drawn[row], portfolio.limits[row], ccf[row]),
            class: portfolio.classes[row],
            years: portfolio.years[row],
            rate: portfolio.rates[row],
        };
        let loans: Vec<Loan> = (0..pd.len()).map(loan).collect();
        Losses::new(&loans, [portfolio.ids, portfolio.banks, portfolio.segments])
    }
}

/// The model of a run of this task.
fn open(run: &Path, what: &str, task: Task) -> Result<Predictor, Error> {
    let predictor = Predictor::open(run)?;
    let found = predictor.model().task();
    if found == task {
        return Ok(predictor);
    }
    let (wanted, example) = match task {
        Task::Binary => ("two classes", "logistic"),
        _ => ("a share that is lost or drawn", "fractional"),
    };
    let message = format!("{what} {}: the run's model is of task {}, and one of {wanted} is needed", run.display(), found.word());
    Err(Problem::new(message).help(format!("name a run whose model.kind is \"{example}\", for instance")).into())
}
