//! Any bytes are a message or none: reading them never panics, and a message has one way to be written.

#![no_main]

use fedsim::secagg::messages::{
    Advertisement, Inbox, Invitation, KeyBook, MaskedInput, Message, Reveal, SealedShares, Signatures, SignedSurvivors, Survivors,
};
use libfuzzer_sys::fuzz_target;

// The first byte says which message the others should be.
fuzz_target!(|bytes: &[u8]| {
    let [which, bytes @ ..] = bytes else { return };
    match which % 10 {
        0 => check::<Invitation>(bytes),
        1 => check::<Advertisement>(bytes),
        2 => check::<KeyBook>(bytes),
        3 => check::<SealedShares>(bytes),
        4 => check::<Inbox>(bytes),
        5 => check::<MaskedInput>(bytes),
        6 => check::<Survivors>(bytes),
        7 => check::<SignedSurvivors>(bytes),
        8 => check::<Signatures>(bytes),
        _ => check::<Reveal>(bytes),
    }
});

fn check<M: Message>(bytes: &[u8]) {
    let Some(message) = M::from_bytes(bytes) else { return };
    let written = message.to_bytes();
    let again = M::from_bytes(&written).expect("what was written can be read");
    assert_eq!(again.to_bytes(), written);
}
