//! The order of doubles as one of integers.

/// An integer that is ordered as the doubles are, -0 right below 0.
pub fn order_key(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// The double that has this [`order_key`].
pub fn from_order_key(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

/// An integer that is ordered as numbers of single precision are, of the one nearest to `value`; what is greater than all of them
/// counts as the greatest. -0 counts as 0.
pub fn single_order_key(value: f64) -> u32 {
    let bits = ((value + 0.0).clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32 + 0.0).to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

/// The number of single precision that has this [`single_order_key`].
pub fn from_single_order_key(key: u32) -> f32 {
    f32::from_bits(if key >> 31 == 1 { key & !(1 << 31) } else { !key })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_keys_are_ordered_as_their_numbers_and_lead_back() {
        let ascending = [f64::NEG_INFINITY, -1e300, -2.0, -1e-300, -0.0, 0.0, 5e-324, 1.0, 1.5, f64::INFINITY];
        assert!(ascending.windows(2).all(|pair| order_key(pair[0]) < order_key(pair[1])));
        assert!(ascending.iter().all(|value| from_order_key(order_key(*value)).to_bits() == value.to_bits()));
        let ascending = [-1e300, -2.0, -1e-30, 0.0, 1e-45, 1.0, 1.5, 1e300].map(single_order_key);
        assert!(ascending.is_sorted_by(|a, b| a < b) && single_order_key(-0.0) == single_order_key(0.0));
        assert_eq!([-2.5_f32, 0.0, f32::MAX].map(|value| from_single_order_key(single_order_key(value.into()))), [-2.5, 0.0, f32::MAX]);
    }
}
