//! The table of `fedsim predict`: a row for each that was scored.

use csv::Writer;

use crate::data::TextColumn;
use crate::data::preprocess::Transform;
use crate::federation;
use crate::models::Model;
use crate::numeric::Params;
use crate::numeric::cell::shielded;
use crate::numeric::rows::Matrix;
use crate::numeric::text::shortest;
use crate::work::Work;

/// So many columns of a row are named as its reasons.
const REASONS: usize = 3;

/// What is known of the rows that are to be scored.
pub(super) struct Scored<'a> {
    /// Their features, (rows, features).
    pub x: &'a Matrix,
    /// The column of `data.id`, where they have it.
    pub ids: Option<TextColumn>,
    /// Whether each one's label is 1, where they have labels; `None` for a row without one.
    pub labels: Option<Vec<Option<bool>>>,
    /// A score at or above it decides for 1.
    pub threshold: f64,
}

impl Scored<'_> {
    /// The rows in their order, as CSV; with `explanation`, what each column of the input adds to a row's score, too.
    pub(super) fn to_csv(&self, model: &dyn Model, params: &Params, explanation: Option<&Explanation>) -> String {
        let scores = federation::score(model, params, self.x.rows());
        let mut writer = Writer::from_writer(Vec::new());
        let mut header = vec!["row".to_owned()];
        header.extend(self.ids.as_ref().map(|_| "id".to_owned()));
        header.extend(["score", "decision"].map(str::to_owned));
        header.extend(self.labels.as_ref().map(|_| "label".to_owned()));
        header.extend(explanation.into_iter().flat_map(Explanation::header));
        writer.write_record(&header).expect("writing to memory");
        let work = Work::begin("writing scores", scores.len() as u64);
        for (row, &score) in scores.iter().enumerate() {
            work.advance(1);
            let mut cells = vec![(row + 1).to_string()];
            cells.extend(self.ids.as_ref().map(|ids| shielded(ids.at(row)).into_owned()));
            cells.extend([shortest(score), u8::from(score >= self.threshold).to_string()]);
            let word = |label: Option<bool>| label.map_or("", |label| if label { "1" } else { "0" }).to_owned();
            cells.extend(self.labels.as_ref().map(|labels| word(labels[row])));
            cells.extend(explanation.into_iter().flat_map(|explanation| explanation.of_row(model, params, self.x, row)));
            writer.write_record(&cells).expect("writing to memory");
        }
        String::from_utf8(writer.into_inner().expect("writing to memory")).expect("every field is UTF-8")
    }
}

/// Which features come from which column of the input.
pub(super) struct Explanation {
    /// The columns, in the order of their first features.
    columns: Vec<String>,
    /// Of each feature its column's place, (features,).
    of_feature: Vec<usize>,
}

impl Explanation {
    /// Of the features of this transform.
    pub(super) fn new(transform: &Transform) -> Self {
        let (mut columns, mut of_feature) = (Vec::<String>::new(), Vec::new());
        for feature in &transform.features {
            // The features of a column follow upon each other, but for those that tell that its cell is missing.
            let known = columns.iter().rposition(|column| *column == feature.source);
            of_feature.push(known.unwrap_or(columns.len()));
            if known.is_none() {
                columns.push(feature.source.clone());
            }
        }
        Self { columns, of_feature }
    }

    fn header(&self) -> Vec<String> {
        let contributions = self.columns.iter().map(|column| format!("contribution_{column}"));
        let reasons = (1..=REASONS).map(|number| format!("reason_{number}"));
        ["contribution_base".to_owned()].into_iter().chain(contributions).chain(reasons).collect()
    }

    /// What is the same for all rows, what each column adds to it, and the columns that count most in words.
    fn of_row(&self, model: &dyn Model, params: &Params, x: &Matrix, row: usize) -> Vec<String> {
        let features: Vec<f64> = x.rows().row(row).into_iter().collect();
        let mut parts = vec![0.0; features.len()];
        let base = model.contributions(params.as_slice(), &features, &mut parts);
        let mut sums = vec![0.0; self.columns.len()];
        self.of_feature.iter().zip(&parts).for_each(|(&column, part)| sums[column] += part);
        let mut order: Vec<usize> = (0..sums.len()).filter(|&column| sums[column] != 0.0).collect();
        order.sort_by(|&a, &b| sums[b].abs().total_cmp(&sums[a].abs()));
        let reason = |place: usize| {
            let Some(&column) = order.get(place) else { return String::new() };
            let way = if sums[column] > 0.0 { "raised" } else { "lowered" };
            format!("{way} by {}", self.columns[column])
        };
        [base].iter().chain(&sums).map(|&part| shortest(part)).chain((0..REASONS).map(reason)).collect()
    }
}
