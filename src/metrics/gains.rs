//! The gains table: rows in ten groups by descending score, and how many of the positives each holds (Siddiqi, "Credit Risk
//! Scorecards", 2006, chapter 7).

/// How many groups there are, unless rows share their scores.
const GROUPS: usize = 10;

/// Rows of about equal score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Group {
    /// How many rows.
    pub rows: u64,
    /// Those of label 1.
    pub positives: u64,
    /// The share of positives among them over that among all rows.
    pub lift: f64,
    /// The share of all positives that this group and those of greater scores hold.
    pub positives_so_far: f64,
    /// The least score in the group.
    pub threshold: f64,
}

/// Of labels, (rows,), and finite scores, (rows,): groups of a tenth of the rows each, the greatest scores first. Rows of one
/// score stay together, so that there may be fewer groups, and larger ones. Empty where no row is positive.
pub fn gains(labels: &[bool], scores: &[f64]) -> Vec<Group> {
    let all = labels.iter().filter(|&&label| label).count() as f64;
    if all == 0.0 {
        return Vec::new();
    }
    let mut ranked: Vec<(f64, bool)> = scores.iter().copied().zip(labels.iter().copied()).collect();
    ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let rows = ranked.len();
    let (mut groups, mut start, mut so_far) = (Vec::with_capacity(GROUPS), 0, 0);
    for group in 1..=GROUPS {
        let mut end = (group * rows).div_ceil(GROUPS).max(start);
        while end > 0 && end < rows && ranked[end].0 == ranked[end - 1].0 {
            end += 1;
        }
        if end == start {
            continue;
        }
        let members = &ranked[start..end];
        let positives = members.iter().filter(|(_, label)| *label).count();
        so_far += positives;
        groups.push(Group {
            rows: members.len() as u64,
            positives: positives as u64,
            lift: positives as f64 / members.len() as f64 / (all / rows as f64),
            positives_so_far: so_far as f64 / all,
            threshold: members[members.len() - 1].0,
        });
        start = end;
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: of 20 rows the two greatest scores are positive, and two of the two least: a tenth is two rows.
    #[test]
    fn a_group_is_a_tenth_and_its_lift_is_its_share_over_that_of_all() {
        let scores: Vec<f64> = (0..20).rev().map(f64::from).collect();
        let labels: Vec<bool> = (0..20).map(|row| !(2..18).contains(&row)).collect();
        let groups = gains(&labels, &scores);
        assert_eq!(groups.len(), 10);
        // Of all rows a fifth is positive, of these all.
        assert_eq!(groups[0], Group { rows: 2, positives: 2, lift: 5.0, positives_so_far: 0.5, threshold: 18.0 });
        assert_eq!((groups[1].lift, groups[8].positives_so_far, groups[9].positives_so_far), (0.0, 0.5, 1.0));
    }

    #[test]
    fn rows_of_one_score_are_not_parted() {
        let groups = gains(&[true, false, false, false], &[0.5; 4]);
        assert_eq!(groups, [Group { rows: 4, positives: 1, lift: 1.0, positives_so_far: 1.0, threshold: 0.5 }]);
        let scores: Vec<f64> = (0..97).map(|row| f64::from(row % 7)).collect();
        let labels: Vec<bool> = (0..97).map(|row| row % 5 == 0).collect();
        let groups = gains(&labels, &scores);
        assert_eq!(groups.iter().map(|group| group.rows).sum::<u64>(), 97);
        assert!(groups.len() == 7 && groups.windows(2).all(|pair| pair[0].threshold > pair[1].threshold), "{groups:?}");
        assert!(gains(&[false, false], &[0.1, 0.2]).is_empty());
    }
}
