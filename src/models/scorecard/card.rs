//! A scorecard as numbers: its bins, their weights of evidence and the columns' weights, in one flat vector that needs nothing beside it.
//!
//! Layout: the intercept; then, column by column, 1 if the regression has it and 0 if it was left out, its weight, and how many
//! categories it has, 0 for a column of numbers. Of numbers follow: how many cuts, the cuts, ascending; how many special numbers, and
//! these; the weight of evidence of each bin between the cuts, of missing cells and of each special number. Of categories follow: how
//! many bins, the bin of each category, from 0, and each bin's weight of evidence, the last that of categories which training rows do
//! not have.

/// What the intercept is called.
pub const INTERCEPT: &str = "(intercept)";

/// A scorecard.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Card {
    /// The log-odds of label 1 where every weight of evidence is 0.
    pub intercept: f64,
    /// Its columns, in the features' order.
    pub columns: Vec<Column>,
}

/// A column of a scorecard.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Whether the regression has it; else it says nothing.
    pub is_in: bool,
    /// What its weight of evidence is multiplied by.
    pub weight: f64,
    /// Which bin a row is in.
    pub lookup: Lookup,
    /// Each bin's weight of evidence, (bins,).
    pub woe: Vec<f64>,
}

/// Which bin of a column a row is in.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    /// Of numbers: a bin between two cuts each, then that of missing cells, then one for each special number.
    Number {
        /// Ascending. A cell below the first is in bin 0; a bin counts the cuts that its cells do not lie below.
        cuts: Vec<f64>,
        /// Numbers that mean something else.
        specials: Vec<f64>,
    },
    /// Of categories, which are a feature each.
    Categories {
        /// The bin of each, (categories,).
        bin_of: Vec<usize>,
        /// That of categories which are none of these: the last.
        unseen: usize,
    },
}

impl Lookup {
    /// How many features the column has.
    pub fn features(&self) -> usize {
        match self {
            Self::Number { .. } => 1,
            Self::Categories { bin_of, .. } => bin_of.len(),
        }
    }

    /// How many bins there are.
    pub fn bins(&self) -> usize {
        match self {
            Self::Number { cuts, specials } => cuts.len() + 2 + specials.len(),
            Self::Categories { unseen, .. } => unseen + 1,
        }
    }

    /// The bin of a row with these cells, (features,).
    #[inline]
    pub fn bin(&self, cells: &[f64]) -> usize {
        match self {
            Self::Number { cuts, specials } => {
                let cell = cells[0];
                if cell.is_nan() {
                    return cuts.len() + 1;
                }
                match specials.iter().position(|special| *special == cell) {
                    Some(at) => cuts.len() + 2 + at,
                    None => cuts.partition_point(|cut| *cut <= cell),
                }
            }
            Self::Categories { bin_of, unseen } => cells.iter().position(|cell| *cell == 1.0).map_or(*unseen, |at| bin_of[at]),
        }
    }
}

impl Card {
    /// The card of these parameters, of rows of so many features.
    ///
    /// # Panics
    /// If they are none: whoever reads some from a file asks [`Card::read`] first.
    pub fn of(params: &[f64], features: usize) -> Self {
        Self::read(params, features).expect("parameters of a scorecard are read with care")
    }

    /// The same of a stranger's numbers. An intercept alone is a card before it has bins.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn read(params: &[f64], features: usize) -> Result<Self, &'static str> {
        let mut numbers = Numbers(params);
        let intercept = numbers.next()?;
        let (mut columns, mut known) = (Vec::new(), 0);
        while !numbers.0.is_empty() {
            let column = Column::read(&mut numbers)?;
            known += column.lookup.features();
            columns.push(column);
        }
        if known == features || columns.is_empty() { Ok(Self { intercept, columns }) } else { Err("a scorecard of other features") }
    }

    /// The numbers that [`Card::read`] reads.
    pub fn to_params(&self) -> Vec<f64> {
        let mut params = Vec::new();
        self.each(&mut |_, _, _, value| params.push(value));
        params
    }

    /// Shows each number of the layout with its column, what it is, and its number among those alike, from 1; 0 where there is but one.
    fn each(&self, show: &mut dyn FnMut(Option<usize>, &'static str, usize, f64)) {
        show(None, INTERCEPT, 0, self.intercept);
        for (at, Column { is_in, weight, lookup, woe }) in self.columns.iter().enumerate() {
            let at = Some(at);
            show(at, "in", 0, f64::from(u8::from(*is_in)));
            show(at, "weight", 0, *weight);
            match lookup {
                Lookup::Number { cuts, specials } => {
                    show(at, "categories", 0, 0.0);
                    show(at, "cuts", 0, cuts.len() as f64);
                    (1..).zip(cuts).for_each(|(number, cut)| show(at, "cut", number, *cut));
                    show(at, "specials", 0, specials.len() as f64);
                    (1..).zip(specials).for_each(|(number, special)| show(at, "special", number, *special));
                }
                Lookup::Categories { bin_of, unseen } => {
                    show(at, "categories", 0, bin_of.len() as f64);
                    show(at, "bins", 0, (unseen + 1) as f64);
                    (1..).zip(bin_of).for_each(|(number, bin)| show(at, "bin", number, *bin as f64));
                }
            }
            (1..).zip(woe).for_each(|(number, woe)| show(at, "woe", number, *woe));
        }
    }

    /// The weights of the columns that the regression has, then the intercept: a linear predictor of their weights of evidence.
    pub fn linear(&self) -> Vec<f64> {
        self.columns.iter().filter(|column| column.is_in).map(|column| column.weight).chain([self.intercept]).collect()
    }

    /// The same card with these weights and intercept, as [`Card::linear`] has them.
    ///
    /// # Panics
    /// If they are not as many.
    #[must_use]
    pub fn with_linear(mut self, linear: &[f64]) -> Self {
        let (intercept, weights) = linear.split_last().expect("the intercept is there");
        let columns = self.columns.iter_mut().filter(|column| column.is_in);
        assert_eq!(columns.zip(weights).map(|(column, weight)| column.weight = *weight).count(), weights.len(), "a weight a column");
        self.intercept = *intercept;
        self
    }

    /// The log-odds of label 1 of a row with these cells, (features,).
    pub fn log_odds(&self, cells: &[f64]) -> f64 {
        let mut sum = self.intercept;
        self.each_bin(cells, |_, column, bin| sum += column.weight * column.woe[bin]);
        sum
    }

    /// Writes the weights of evidence of a row with these cells, (features,), in the columns that the regression has, into `out`.
    pub fn evidence(&self, cells: &[f64], out: &mut [f64]) {
        let mut out = out.iter_mut();
        self.each_bin(cells, |_, column, bin| {
            if column.is_in {
                *out.next().expect("a place for each column that is in") = column.woe[bin];
            }
        });
    }

    /// The bin of each column that a row with these cells, (features,), is in, (columns,).
    pub fn bins(&self, cells: &[f64]) -> Vec<usize> {
        let mut bins = Vec::with_capacity(self.columns.len());
        self.each_bin(cells, |_, _, bin| bins.push(bin));
        bins
    }

    fn each_bin(&self, cells: &[f64], mut see: impl FnMut(usize, &Column, usize)) {
        let mut rest = cells;
        for (at, column) in self.columns.iter().enumerate() {
            let (own, others) = rest.split_at(column.lookup.features());
            see(at, column, column.lookup.bin(own));
            rest = others;
        }
    }
}

/// Numbers that are read one after the other.
struct Numbers<'a>(&'a [f64]);

impl<'a> Numbers<'a> {
    fn next(&mut self) -> Result<f64, &'static str> {
        self.some(1).map(|numbers| numbers[0])
    }

    fn some(&mut self, count: usize) -> Result<&'a [f64], &'static str> {
        let (some, rest) = self.0.split_at_checked(count).ok_or("a scorecard ends too early")?;
        self.0 = rest;
        if some.iter().all(|number| number.is_finite()) { Ok(some) } else { Err("a number of a scorecard is none") }
    }

    /// A whole number below `end`.
    fn whole(&mut self, end: usize) -> Result<usize, &'static str> {
        let number = self.next()?;
        let is_whole = number >= 0.0 && number.fract() == 0.0 && number < end as f64;
        if is_whole { Ok(number as usize) } else { Err("a count of a scorecard is none") }
    }

    /// So many numbers as the first of them says.
    fn list(&mut self) -> Result<&'a [f64], &'static str> {
        let count = self.whole(self.0.len())?;
        self.some(count)
    }
}

impl Column {
    fn read(numbers: &mut Numbers<'_>) -> Result<Self, &'static str> {
        let is_in = numbers.whole(2)? == 1;
        let weight = numbers.next()?;
        if !is_in && weight != 0.0 {
            return Err("a column of a scorecard that was left out has a weight");
        }
        let categories = numbers.whole(numbers.0.len().max(1))?;
        let lookup = if categories == 0 {
            let (cuts, specials) = (numbers.list()?.to_vec(), numbers.list()?.to_vec());
            if !cuts.is_sorted_by(|a, b| a < b) {
                return Err("the cuts of a scorecard are out of order");
            }
            Lookup::Number { cuts, specials }
        } else {
            let bins = numbers.whole(numbers.0.len())?;
            let bin_of: Vec<usize> = (0..categories).map(|_| numbers.whole(bins)).collect::<Result<_, _>>()?;
            Lookup::Categories { bin_of, unseen: bins - 1 }
        };
        let woe = numbers.some(lookup.bins())?.to_vec();
        Ok(Self { is_in, weight, lookup, woe })
    }
}

/// The names of a card's parameters, in the features' names: a column of categories is called by what its first feature's name begins
/// with.
pub fn names(card: &Card, features: &[String]) -> Vec<String> {
    let mut first = 0;
    let of_column = |column: &Column| {
        let name = features.get(first).map_or("", String::as_str);
        first += column.lookup.features();
        match column.lookup {
            Lookup::Number { .. } => name.to_owned(),
            Lookup::Categories { .. } => name.split('=').next().unwrap_or(name).to_owned(),
        }
    };
    let called: Vec<String> = card.columns.iter().map(of_column).collect();
    let mut names = Vec::new();
    card.each(&mut |column, what, number, _| {
        let number = if number > 0 { format!(" {number}") } else { String::new() };
        names.push(match column {
            Some(at) => format!("{}: {what}{number}", called[at]),
            None => what.to_owned(),
        });
    });
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> Card {
        let number = Lookup::Number { cuts: vec![10.0, 20.0], specials: vec![96.0, 98.0] };
        let categories = Lookup::Categories { bin_of: vec![1, 0, 1], unseen: 2 };
        Card {
            intercept: -2.0,
            columns: vec![
                Column { is_in: true, weight: -0.5, lookup: number, woe: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0] },
                Column { is_in: true, weight: -2.0, lookup: categories, woe: vec![0.5, -0.5, 0.0] },
            ],
        }
    }

    #[test]
    fn a_row_is_in_one_bin_a_column() {
        let bins = |cells: [f64; 4]| card().bins(&cells);
        assert_eq!(bins([9.0, 1.0, 0.0, 0.0]), [0, 1]);
        // A cut belongs to the bin above it.
        assert_eq!(bins([10.0, 0.0, 1.0, 0.0]), [1, 0]);
        assert_eq!(bins([97.0, 0.0, 0.0, 0.0]), [2, 2]);
        assert_eq!([f64::NAN, 96.0, 98.0].map(|cell| bins([cell, 0.0, 0.0, 1.0])[0]), [3, 4, 5]);
        // By hand: -2 - 0.5 * 2 - 2 * 0.5.
        assert_eq!(card().log_odds(&[15.0, 0.0, 1.0, 0.0]), -4.0);
        let mut evidence = [0.0; 2];
        card().evidence(&[15.0, 0.0, 1.0, 0.0], &mut evidence);
        assert_eq!((evidence, card().linear()), ([2.0, 0.5], vec![-0.5, -2.0, -2.0]));
    }

    #[test]
    fn a_card_comes_back_from_its_numbers_and_every_number_has_a_name() {
        let mut card = card();
        card.columns[0].is_in = false;
        card.columns[0].weight = 0.0;
        let params = card.to_params();
        assert_eq!(Card::read(&params, 4), Ok(card.clone()));
        assert_eq!(card.clone().with_linear(&[-1.0, 3.0]).linear(), [-1.0, 3.0]);
        let features = ["age", "home=own", "home=rent", "home (missing)"].map(str::to_owned);
        let names = names(&card, &features);
        assert_eq!(names.len(), params.len());
        assert_eq!(names[..4], ["(intercept)", "age: in", "age: weight", "age: categories"]);
        assert!(["age: cut 2", "age: special 1", "age: woe 6", "home: bin 3"].iter().all(|name| names.iter().any(|known| known == name)));
        assert_eq!(Card::read(&[1.5], 9), Ok(Card { intercept: 1.5, columns: Vec::new() }));
    }

    #[test]
    fn strangers_numbers_are_refused_and_none_makes_a_panic() {
        let params = card().to_params();
        for end in 0..params.len() {
            assert!(end == 1 || Card::read(&params[..end], 4).is_err(), "{end}");
        }
        assert!(Card::read(&params, 5).is_err());
        for at in 0..params.len() {
            for strange in [f64::NAN, f64::INFINITY, -1.0, 0.5, 1e300, 3.0, 2.0, 1.0, 0.0] {
                let mut params = params.clone();
                params[at] = strange;
                if let Ok(card) = Card::read(&params, 4) {
                    // What is read can be used.
                    card.log_odds(&[15.0, 0.0, 1.0, 0.0]);
                    assert_eq!(card.to_params(), params);
                }
            }
        }
    }
}
