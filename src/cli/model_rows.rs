//! Rows of a file as a finished run's model wants them.

use std::collections::BTreeMap;
use std::path::Path;

use crate::data::csv::{self, ColumnRequest, Missing, Options, Role};
use crate::data::preprocess::strange;
use crate::data::table::{Header, Table};
use crate::data::{self, RawColumn};
use crate::diag::{Error, Problem};
use crate::runs::Predictor;

/// Reads the columns that the model needs; `beside` says how those of another name are read.
///
/// # Errors
/// When the file can't be read, lacks a column, or has a cell that its column can't hold.
pub(super) fn read(predictor: &Predictor, path: &Path, beside: impl Fn(&str) -> Role) -> Result<Table, Error> {
    let plan = predictor.plan();
    let options = Options { delimiter: plan.data.source.delimiter, na_values: &plan.data.preprocess.na_values };
    Ok(csv::read(path, &options, |header| choose(header, predictor, beside))?.table)
}

/// What the model says of each row of the file, (rows,), of a model of one output, and what is strange about the rows.
///
/// # Errors
/// When the file can't be read, lacks a column, or has a cell that its column can't hold.
pub(super) fn scores(predictor: &Predictor, path: &Path) -> Result<(Vec<f64>, Vec<Problem>), Error> {
    let mut table = read(predictor, path, |_| Role::Skip)?;
    predictor.make_ready(&mut table)?;
    let (transform, plan) = (predictor.transform(), predictor.plan());
    let warnings = strange(transform, &plan.data.preprocess, &table);
    let x = data::apply_all(transform, &table, plan.data.source.storage)?;
    Ok((predictor.scores(&x), warnings))
}

fn choose(header: &Header, predictor: &Predictor, beside: impl Fn(&str) -> Role) -> Result<Vec<ColumnRequest>, Error> {
    let columns = predictor.columns();
    let places = header.columns_by_name();
    let absent: Vec<&str> = columns.iter().map(|column| column.name.as_str()).filter(|name| !places.contains_key(name)).collect();
    match absent[..] {
        [] => {}
        [name] => return Err(header.missing(name, "the model was trained on it").into()),
        _ => return Err(header.all_missing(&absent, "the model was trained on them").into()),
    }
    let needed: BTreeMap<&str, &RawColumn> = columns.iter().map(|column| (column.name.as_str(), column)).collect();
    let request = |name: &String| match needed.get(name.as_str()) {
        // Rows may be scored whose label nobody knows yet, but a run that took no missing cell has nothing to put into one.
        Some(column) => ColumnRequest {
            role: if column.is_category { Role::Category } else { Role::Number },
            missing: if column.may_miss { Missing::Allowed } else { Missing::Refused },
        },
        None => ColumnRequest { role: beside(name), missing: Missing::Allowed },
    };
    Ok(header.names().iter().map(request).collect())
}
