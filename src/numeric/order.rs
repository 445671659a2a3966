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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_keys_are_ordered_as_their_numbers_and_lead_back() {
        let ascending = [f64::NEG_INFINITY, -1e300, -2.0, -1e-300, -0.0, 0.0, 5e-324, 1.0, 1.5, f64::INFINITY];
        assert!(ascending.windows(2).all(|pair| order_key(pair[0]) < order_key(pair[1])));
        assert!(ascending.iter().all(|value| from_order_key(order_key(*value)).to_bits() == value.to_bits()));
    }
}
