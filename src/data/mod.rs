//! Tables: read from CSV or generated, split, dealt to clients, and turned into matrices.

pub mod partition;
pub mod table;
