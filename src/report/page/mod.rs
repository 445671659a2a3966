//! `report.html`: a run on one page that needs no network, for a screen, a phone or paper.

mod calibration;
mod exchanges;
mod findings;
mod grid;
mod logs;
mod markup;
mod model;
mod names;
mod pictures;
mod run;
mod stability;

pub use pictures::Picture;

use grid::ROWS_MAX;
use markup::{base64, escape};
use run::Run;

use crate::diag::Error;
use crate::numeric::digest::Hash;
use crate::runs::Saved;

const STYLE: &str = include_str!("../../../assets/report.css");
const SCRIPT: &str = include_str!("../../../assets/report.js");

/// What a browser may do on the page. Nothing may be fetched: what the page needs, it has. No script may run but the page's own,
/// which is known by its SHA-256, whatever a run's files may have smuggled in (Content Security Policy Level 3, 2.3.1).
fn policy() -> String {
    let script = base64(&Hash::of(format!("\n{SCRIPT}").as_bytes()).bytes());
    format!("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'")
}

/// A part of the page.
struct Section {
    id: &'static str,
    title: &'static str,
    body: String,
}

/// The page of a run, from its files, with its pictures.
///
/// # Errors
/// When a file is missing or not as fedsim wrote it.
pub fn page(saved: &Saved, pictures: &[Picture<'_>]) -> Result<String, Error> {
    let run = Run::read(saved)?;
    let sections = sections(saved, &run, pictures)?;
    let name = escape(&run.manifest.name);
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <title>{name} \u{2013} fedsim</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<h1>{name}</h1>\n<p>{}</p>\n</header>\n<nav aria-label=\"Contents\">\n<ul>\n",
        policy(),
        escape(&run.subtitle())
    );
    for Section { id, title, .. } in &sections {
        html.push_str(&format!("<li><a href=\"#{id}\">{title}</a></li>\n"));
    }
    html.push_str("</ul>\n</nav>\n<main>\n");
    for Section { id, title, body } in &sections {
        html.push_str(&format!("<section id=\"{id}\">\n<h2>{title}</h2>\n{body}</section>\n"));
    }
    html.push_str(&format!("</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n"));
    Ok(html)
}

/// The page's parts in their order, those only that this run has something for.
fn sections(saved: &Saved, run: &Run, pictures: &[Picture<'_>]) -> Result<Vec<Section>, Error> {
    let mut sections = Vec::new();
    let mut add = |id, title, body: String| sections.push(Section { id, title, body });
    add("result", "Result", run.headline());
    if !pictures.is_empty() {
        add("pictures", "Pictures", pictures::all(pictures));
    }
    if let Some(body) = model::model(saved, run.manifest.task)? {
        add("model", "The model", body);
    }
    add("what", "What was run", run.what());
    let compared = saved.has("baseline_vs_fl.csv");
    if compared {
        add("comparison", "Comparison with baselines", findings::baseline(saved)?);
    }
    if saved.has("join.csv") {
        add("joining", "Who gains by joining", findings::joining(saved)?);
    }
    if saved.has("fairness.csv") {
        add("evenness", "Fairness over clients", findings::fairness(saved)?);
    }
    if saved.has("calibration_tests.csv") {
        add("calibration", "Do probabilities come true", calibration::calibration(saved)?);
    }
    if saved.has("psi.csv") {
        add("stability", "Population shift", stability::stability(saved)?);
    }
    if saved.has("exchange_log.csv") {
        add("exchanges", "What left the clients", exchanges::exchanges(saved)?);
    }
    if saved.has("secagg_summary.csv") {
        add("secure", "Secure aggregation", findings::secure(saved)?);
    }
    add("speed", "Performance", findings::performance(saved)?);
    add("all-rounds", "Rounds", logs::rounds(saved, run, ROWS_MAX)?);
    // Nothing is dealt to generated clients, whose labels are 0 and 1.
    if run.manifest.train_positives.is_some() || !run.manifest.task.is_binary() {
        add("all-clients", "Clients", logs::clients(saved, run, ROWS_MAX)?);
    }
    add("again", "How to reproduce it", run.reproduce(compared));
    Ok(sections)
}

#[cfg(test)]
mod tests;
