//! Families of kinds: one list makes a family's catalogue, its dispatch on `kind` and its reader.

use crate::settings::Table;

/// One kind of a family, as `fedsim list` and the law tests see it.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The word after `kind =`.
    pub kind: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// Authors, title or venue, and year; or `none` where there is no paper to name.
    pub paper: &'static str,
    /// Its keys with sensible values, as lines of TOML: what the law tests build it from.
    pub example: &'static str,
    /// The key that a command line's `KIND:ARG` sets.
    pub argument: Option<&'static str>,
}

/// A family of kinds: a table of the scenario whose `kind` chooses among them.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// The table's name.
    pub table: &'static str,
    /// What the family decides, in one line.
    pub summary: &'static str,
    /// Its kinds; the first is the default.
    pub kinds: &'static [Entry],
}

impl Family {
    /// Which kind a table asks for, the first if it names none or a wrong one.
    pub fn kind_of(&self, table: &mut Table) -> &'static str {
        table.kind(&self.kinds.iter().map(|entry| entry.kind).collect::<Vec<_>>())
    }

    /// The kind's entry, if the family has it.
    pub fn find(&self, kind: &str) -> Option<&'static Entry> {
        self.kinds.iter().find(|entry| entry.kind == kind)
    }
}

/// Makes a family of one list: `CATALOGUE`, and `read`, which builds the kind that a table asks for.
///
/// Each listed type has `const ENTRY: Entry` and `fn read(table: &mut Table) -> Self`. The first is the default.
macro_rules! registry {
    ($table:literal, $summary:literal, dyn $trait:ident, [$($module:ident :: $type:ident),+ $(,)?]) => {
        #[doc = concat!("The kinds of `[", $table, "]`; the first is the default.")]
        pub const CATALOGUE: $crate::registry::Family = $crate::registry::Family {
            table: $table,
            summary: $summary,
            kinds: &[$($module::$type::ENTRY),+],
        };

        #[doc = concat!("Builds the kind that the table `[", $table, "]` asks for; mistakes are collected in the table.")]
        pub fn read(table: &mut $crate::settings::Table) -> Box<dyn $trait> {
            let kind = CATALOGUE.kind_of(table);
            build(kind, table)
        }

        #[doc = "Builds the named kind from a table whose `kind` was read."]
        #[doc = ""]
        #[doc = "# Panics"]
        #[doc = "If the catalogue has no such kind."]
        pub fn build(kind: &str, table: &mut $crate::settings::Table) -> Box<dyn $trait> {
            $(
                if kind == $module::$type::ENTRY.kind {
                    return Box::new($module::$type::read(table));
                }
            )+
            unreachable!("{kind} is not in the catalogue");
        }
    };
}
pub(crate) use registry;
