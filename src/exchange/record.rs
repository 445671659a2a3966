//! What a sum took.

use super::asked::Cohort;
use crate::form::Form;
use crate::numeric::Params;
use crate::secagg::agreement::Agreement;
use crate::secagg::server::Abort;
use crate::secagg::tally::Tally;

/// What one sum took, whatever it went through.
#[derive(Clone, Debug)]
pub struct ExchangeRecord {
    /// What was asked for.
    pub form: Form,
    /// How many clients were asked.
    pub asked: usize,
    /// How many of them are in the sum: 0 if there is none.
    pub answered: usize,
    /// Bits that a number of an answer takes on its way.
    pub bits: u32,
    /// Bytes that each of the cohort sent.
    pub upload_bytes: Vec<u64>,
    /// Bytes that each of the cohort was sent.
    pub download_bytes: Vec<u64>,
    /// What secure aggregation took; `None` in the clear.
    pub secure: Option<SecureRecord>,
}

/// What one sum by secure aggregation took, and how near it came to the clear one.
#[derive(Clone, Debug)]
pub struct SecureRecord {
    /// What was summed.
    pub purpose: &'static str,
    /// What the cohort had agreed on.
    pub agreement: Agreement,
    /// Participants, bytes, operations and times by stage.
    pub tally: Tally,
    /// Why there is no sum; `None` if there is one.
    pub abort: Option<Abort>,
    /// Who is in the sum, by place in the cohort.
    pub survivors: Vec<usize>,
    /// Coordinates of a masked vector.
    pub length: usize,
    /// Bits of a coordinate that could not be reached.
    pub headroom_bits: u32,
    /// Bits that a coordinate of one client would take in the clear.
    pub input_bits: u32,
    /// Values of updates in the sum: parameters times clients.
    pub values: u64,
    /// How many of them were clipped.
    pub clipped: u64,
    /// The largest distance of a coordinate of the mean from that of plain FedAvg in doubles.
    pub rounding_error: f64,
}

impl ExchangeRecord {
    /// The record of answers that go to the server as they are: what is sent to each client, and what comes back from those that
    /// answer.
    pub fn of_answers(form: &Form, cohort: &Cohort<'_>) -> Self {
        let sent = 8 * cohort.sent.iter().map(|block| block.len() as u64).sum::<u64>();
        let upload_bytes: Vec<u64> = cohort.fates.iter().map(|fate| if fate.contributes() { form.bytes_sent() } else { 0 }).collect();
        Self {
            form: *form,
            asked: cohort.clients.len(),
            answered: cohort.fates.iter().filter(|fate| fate.contributes()).count(),
            bits: form.bits(),
            upload_bytes,
            download_bytes: vec![sent; cohort.clients.len()],
            secure: None,
        }
    }

    /// Puts what was sent in the place of the most that could have been, of answers that the server sees one by one, in the order of those
    /// who answer.
    pub(super) fn charge_apart(&mut self, answers: &[Params]) {
        let charged = self.upload_bytes.iter_mut().filter(|bytes| **bytes > 0);
        charged.zip(answers).for_each(|(bytes, answer)| *bytes = 8 * answer.len() as u64);
    }

    /// Puts the bytes of secure aggregation's messages in the place of plain answers'; what answers are about is sent as before.
    pub(super) fn charge(&mut self, secure: SecureRecord) {
        self.upload_bytes.clone_from(&secure.tally.client_up);
        self.download_bytes.iter_mut().zip(&secure.tally.client_down).for_each(|(down, more)| *down += more);
        self.bits = secure.agreement.ring().bits();
        self.answered = secure.survivors.len();
        self.secure = Some(secure);
    }

    /// Why there is no sum; `None` if there is one.
    pub fn abort(&self) -> Option<&Abort> {
        self.secure.as_ref()?.abort.as_ref()
    }
}
