//! Statistics of the clients' rows: sums over all clients before the first round, none of which fails.
//!
//! Every answer is a vector of whole numbers, and only its sum with the others', or their greatest, comes out. Whoever asks
//! writes down, where it asks, what a server learns from that.

use std::cell::RefCell;

use super::asked::{At, Cohort, Most, Summed};
use super::record::ExchangeRecord;
use super::sums::{Exchange, Exchanged};
use crate::aggregators::FED_AVG;
use crate::diag::{Error, Problems};
use crate::faults::Fate;
use crate::form::{Form, Values};
use crate::numeric::rng::{Seeds, Streams};

/// What the server asks of all clients.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Its name in the logs.
    pub name: &'static str,
    /// What is sent along, and the answers depend on.
    pub broadcast: &'a [f64],
}

impl Question<'_> {
    /// A question that needs nothing but its name.
    pub fn plain(name: &'static str) -> Self {
        Self { name, broadcast: &[] }
    }
}

/// The sums before the first round.
#[derive(Debug)]
pub struct Survey<'a> {
    asked: RefCell<Asked<'a>>,
}

#[derive(Debug)]
struct Asked<'a> {
    exchange: Exchange<'a>,
    records: Vec<ExchangeRecord>,
}

/// Hexadecimal digits above 0: a level has two.
const DIGITS: usize = 15;

impl<'a> Survey<'a> {
    /// Through this exchange.
    pub fn through(exchange: Exchange<'a>) -> Self {
        Self { asked: RefCell::new(Asked { exchange, records: Vec::new() }) }
    }

    /// Of rows that nobody has to ask others for: in one place.
    pub fn in_one_place() -> Self {
        // Nothing is drawn in the clear.
        Self::through(Exchange::in_the_clear(&FED_AVG, &Streams::new(Seeds::all(0))))
    }

    /// What the sums took, in their order.
    pub fn into_records(self) -> Vec<ExchangeRecord> {
        self.asked.into_inner().records
    }

    /// The sum of the clients' vectors, whose elements no deal of the rows could take out of `bits` bits, sign included.
    ///
    /// # Errors
    /// When the exchange can't hold such sums.
    pub fn sum(&self, question: &Question<'_>, bits: u32, answers: &[Vec<i128>]) -> Result<Vec<i128>, Error> {
        let form = Form::total(question.name, answers.first().map_or(0, Vec::len), bits);
        match self.ask(question, &form, answers.iter().map(|answer| Values::Total(answer.clone())))? {
            Summed::Total(sums) => Ok(sums),
            Summed::Mean(_) | Summed::Any(_) | Summed::Apart(_) => unreachable!("the form asks for a sum"),
        }
    }

    /// The greatest level at each place of the clients' vectors, in two sums: which sixteen it is among, and which of these. Each asks
    /// of fifteen levels whether any client reaches them, and nobody learns who or how many do.
    ///
    /// # Errors
    /// When the exchange can't hold such sums.
    pub fn greatest(&self, question: &Question<'_>, answers: &[Vec<u8>]) -> Result<Vec<u8>, Error> {
        let places = answers.first().map_or(0, Vec::len);
        let sixteens = self.digits(question, answers, &|_, digit| 16 * digit, places)?;
        let broadcast: Vec<f64> = question.broadcast.iter().copied().chain(sixteens.iter().map(|&digit| f64::from(digit))).collect();
        let question = Question { broadcast: &broadcast, ..*question };
        let units = self.digits(&question, answers, &|place, digit| 16 * sixteens[place] + digit, places)?;
        Ok(sixteens.iter().zip(units).map(|(sixteen, unit)| 16 * sixteen + unit).collect())
    }

    /// The greatest digit at each place, from 1 to 15, whose level any client reaches; 0 if none does.
    fn digits(
        &self,
        question: &Question<'_>,
        answers: &[Vec<u8>],
        level: &dyn Fn(usize, u8) -> u8,
        places: usize,
    ) -> Result<Vec<u8>, Error> {
        let form = Form::any(question.name, DIGITS * places);
        let reached = |levels: &Vec<u8>| {
            let of_place = |(place, &reached): (usize, &u8)| (1..=DIGITS as u8).map(move |digit| reached >= level(place, digit));
            levels.iter().enumerate().flat_map(of_place).collect()
        };
        match self.ask(question, &form, answers.iter().map(|levels| Values::Any(reached(levels))))? {
            Summed::Any(found) => {
                let greatest = |reached: &[bool]| reached.iter().rposition(|&is_reached| is_reached).map_or(0, |last| last as u8 + 1);
                Ok(found.chunks_exact(DIGITS).map(greatest).collect())
            }
            Summed::Mean(_) | Summed::Total(_) | Summed::Apart(_) => unreachable!("the form asks whether any client says so"),
        }
    }

    fn ask(&self, question: &Question<'_>, form: &Form, answers: impl ExactSizeIterator<Item = Values>) -> Result<Summed, Error> {
        let clients = answers.len();
        let mut asked = self.asked.borrow_mut();
        let Asked { exchange, records } = &mut *asked;
        let opened = exchange.open(form, Most { clients, weight: 1 });
        opened.map_err(|problems| Problems::none_or(problems).expect_err("there are problems"))?;
        let cohort: Vec<usize> = (0..clients).collect();
        let cohort = Cohort { clients: &cohort, fates: &vec![Fate::Survives; clients], sent: &[question.broadcast], is_frozen: false };
        let at = At { round: 0, number: records.len() };
        let exchanged = exchange.sum(at, form, &cohort, &mut answers.enumerate());
        let Exchanged { summed, record } = exchanged.expect("every client has an answer");
        let missing = record.abort().map(|abort| {
            let (present, needed, stage) = (abort.present, abort.needed, abort.stage.name());
            format!("the statistics of {clients} clients can't be summed: {present} of {needed} needed are left in stage {stage}")
        });
        records.push(record);
        summed.ok_or_else(|| Error::Failure(missing.expect("a sum that did not come about was aborted")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_level_is_that_of_any_client() {
        let survey = Survey::in_one_place();
        let levels = [vec![0, 7, 255, 16], vec![0, 9, 1, 15], vec![0, 0, 0, 31]];
        assert_eq!(survey.greatest(&Question::plain("levels"), &levels).expect("it is in the clear"), [0, 9, 255, 31]);
        let records = survey.into_records();
        // A bit for each of 15 digits at four places, and what the first sum told goes along with the second.
        let bytes = |record: &ExchangeRecord| (record.asked, record.answered, record.upload_bytes[0], record.download_bytes[0]);
        assert_eq!(records.iter().map(bytes).collect::<Vec<_>>(), [(3, 3, 8, 0), (3, 3, 8, 32)]);
    }
}
