//! The stages of a round's talk between clients and server, in their order (Bonawitz et al., CCS 2017, figure 4): where a
//! client may fail. In the clear only the third is needed; what fails before or in it gives no update.

/// A stage of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Stage 0: each client sends its public keys.
    Advertise,
    /// Stage 1: each client shares its secrets among its neighbours.
    Share,
    /// Stage 2: each client sends its masked vector.
    MaskedInput,
    /// Stage 3, against an active server only: each client signs the list of survivors.
    Consistency,
    /// Stage 4: each client gives the shares that remove the masks.
    Unmask,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 5] = [Self::Advertise, Self::Share, Self::MaskedInput, Self::Consistency, Self::Unmask];

    /// Whether a client that fails in this stage has given its update before.
    pub fn is_after_input(self) -> bool {
        self > Self::MaskedInput
    }

    /// The word for it in scenarios and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Advertise => "advertise",
            Self::Share => "share",
            Self::MaskedInput => "masked_input",
            Self::Consistency => "consistency",
            Self::Unmask => "unmask",
        }
    }
}
