//! Strangers' texts in CSV cells: a spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula and may run it
//! (OWASP, "CSV Injection", <https://owasp.org/www-community/attacks/CSV_Injection>), but not one with `'` before it.

use std::borrow::Cow;

/// Whether a spreadsheet would not take this for plain text once the `'` before it are gone.
fn is_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
}

/// The text as a cell has it: with a `'` before it if it would be taken for a formula, and numbers as they are.
pub fn shielded(text: &str) -> Cow<'_, str> {
    let is_number = || text.parse().is_ok_and(f64::is_finite);
    if is_formula(text) && !is_number() { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The text that a cell was made of by [`shielded`].
pub fn unshielded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|text| is_formula(text)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_gets_a_quote_and_a_number_none() {
        for formula in ["=1+1", "+cmd", "-x", "@SUM(A1)", "\t=1", "\r=1", "-inf", "+nan", "-1e999", "'=1", "''@"] {
            assert_eq!(shielded(formula), format!("'{formula}"));
        }
        for plain in ["", "a", "-0.5", "+1", "-1e-300", "1-2", "'", "''", "'a'", "a=b", " =1", "\u{2212}1"] {
            assert_eq!(shielded(plain), plain);
        }
    }

    #[test]
    fn every_text_comes_back() {
        let parts = ["'", "=", "-", "+", "@", "\t", "\r", "\n", "1", "a", ""];
        for one in parts {
            for two in parts {
                for three in parts {
                    let text = [one, two, three].concat();
                    assert_eq!(unshielded(&shielded(&text)), text);
                }
            }
        }
    }
}
