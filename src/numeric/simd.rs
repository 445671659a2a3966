//! The widest vector instructions of the processor at hand, chosen when the program runs. They give the same bits as any
//! other: every sum has its order, and a multiplication and an addition are never fused.

/// Runs `kernel` compiled for the processor at hand. What it calls must be `#[inline(always)]` to be compiled along.
#[inline(always)]
pub fn vectorised<T>(kernel: impl FnOnce() -> T) -> T {
    pulp::Arch::new().dispatch(kernel)
}
