//! The reader as a whole, on files small enough to see through, cut into pieces small enough to cut everything.

use std::io::Write as _;

use proptest::prelude::*;

use super::*;
use crate::data::table::Kind;

const TINY: Limits = Limits { block: 7, piece: 3, record: 1 << 20, columns: 1000, rows: 1000, texts: 1000, chunk: 4 };

fn written(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("room on the disk");
    file
}

/// Reads `bytes` with all columns in one role, in small pieces and in one, which must not differ.
fn load(bytes: &[u8], role: Role, missing: Missing) -> Result<Loaded, String> {
    let file = written(bytes);
    let na_values = ["".to_string(), "NA".to_string()];
    let options = Options { delimiter: None, na_values: &na_values };
    let choose = |header: &Header| Ok(vec![ColumnRequest { role, missing }; header.names().len()]);
    let show = |error: Error| error.to_string().replace(&file.path().display().to_string(), "F");
    let whole = read(file.path(), &options, choose).map_err(show);
    for (block, piece) in [(TINY.block, TINY.piece), (1, 1), (2, 100), (64, 8)] {
        let parts = read_within(&Limits { block, piece, ..TINY }, file.path(), &options, choose).map_err(show);
        match (&whole, &parts) {
            (Ok(whole), Ok(parts)) => {
                assert_eq!(whole.table.columns, parts.table.columns);
                let bits = |loaded: &Loaded| loaded.table.cells().iter().map(|cell| cell.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(whole), bits(parts));
                assert_eq!(whole.sha256, parts.sha256);
            }
            (whole, parts) => assert_eq!(whole.as_ref().err(), parts.as_ref().err()),
        }
    }
    whole
}

/// The table with every cell as text, a missing one as `None`.
fn texts(loaded: &Loaded) -> Vec<Vec<Option<String>>> {
    let cell = |(index, &cell): (usize, &f64)| match &loaded.table.columns[index].kind {
        _ if cell.is_nan() => None,
        Kind::Number => Some(cell.to_string()),
        Kind::Category(names) => Some(names[cell as usize].clone()),
    };
    (0..loaded.table.rows()).map(|row| loaded.table.row(row).iter().enumerate().map(cell).collect()).collect()
}

fn good(text: &str) -> Loaded {
    load(text.as_bytes(), Role::Infer, Missing::Allowed).expect("a right file")
}

fn names(loaded: &Loaded) -> Vec<&str> {
    loaded.table.columns.iter().map(|column| column.name.as_str()).collect()
}

/// The file must be refused in words that hold all `parts`.
fn refused(bytes: &[u8], role: Role, parts: &[&str]) {
    let error = load(bytes, role, Missing::Allowed).expect_err("a wrong file");
    for part in parts {
        assert!(error.contains(part), "{part} is missing in\n{error}");
    }
}

#[test]
fn numbers_texts_and_missing_cells_are_told_apart() {
    let loaded = good("n,t,none\n1.5,b,\n,NA,NA\n-2e3,a,\n");
    assert_eq!(
        texts(&loaded),
        [[Some("1.5"), Some("b"), None], [None; 3], [Some("-2000"), Some("a"), None]]
            .map(|row| row.map(|cell| cell.map(String::from)).to_vec())
    );
    let kinds: Vec<_> = loaded.table.columns.iter().map(|column| &column.kind).collect();
    assert_eq!(kinds, [&Kind::Number, &Kind::Category(vec!["a".into(), "b".into()]), &Kind::Number]);
}

#[test]
fn every_dialect_gives_the_same_table() {
    let plain = good("a,b\n1,x\n2,y\n");
    for text in [
        "a,b\r\n1,x\r\n2,y\r\n",
        "a,b\n1,x\n2,y",
        "\u{feff}a,b\n1,x\n2,y\n",
        "a;b\n1;x\n2;y\n",
        "a\tb\n1\tx\n2\ty\n",
        "\"a\",\"b\"\n\"1\",\"x\"\r\n\"2\",\"y\"",
        "\n\r\na,b\n\n\n1,x\r\n\r\n2,y\n\n",
    ] {
        let loaded = good(text);
        assert_eq!(loaded.table.columns, plain.table.columns, "{text:?}");
        assert_eq!(loaded.table.cells(), plain.table.cells(), "{text:?}");
    }
}

#[test]
fn the_delimiter_is_the_most_frequent_one_outside_quotes() {
    assert_eq!(names(&good("\"a,b,c\";d\n1;2\n")), ["a,b,c", "d"]);
    assert_eq!(names(&good("a;b,c\n1;2,3\n")), ["a;b", "c"]);
    assert_eq!(names(&good("a b\n1\n")), ["a b"]);
}

#[test]
fn a_given_delimiter_is_not_second_guessed() {
    let file = written(b"a,b|c\nx,y|3\n");
    let choose = |header: &Header| Ok(vec![ColumnRequest { role: Role::Infer, missing: Missing::Allowed }; header.names().len()]);
    let loaded = read(file.path(), &Options { delimiter: Some(b'|'), na_values: &[] }, choose).expect("a right file");
    assert_eq!(names(&loaded), ["a,b", "c"]);
    assert!(read(file.path(), &Options { delimiter: Some(b'"'), na_values: &[] }, choose).is_err());
}

#[test]
fn an_empty_name_becomes_the_columns_number_and_others_stay_as_they_are() {
    assert_eq!(names(&good(",\" a \",\"\"\n1,2,3\n")), ["column_1", " a ", "column_3"]);
}

#[test]
fn a_quoted_field_holds_delimiters_newlines_and_quotes() {
    let loaded = good("a,b\n\"x,\n\r\ny\",\"say \"\"hi\"\"\"\nz,\"\"\n");
    assert_eq!(texts(&loaded), [vec![Some("x,\n\r\ny".into()), Some("say \"hi\"".into())], vec![Some("z".into()), None]]);
}

#[test]
fn gzip_is_seen_by_its_bytes_and_hashed_as_it_lies() {
    let text = b"a,b\n1,x\n2,y\n";
    let zip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    };
    // Two members, as `cat a.gz b.gz` makes them, are one stream (RFC 1952, section 2.2).
    let zipped = [zip(&text[..5]), zip(&text[5..])].concat();
    let loaded = load(&zipped, Role::Infer, Missing::Allowed).expect("a right file");
    assert_eq!(loaded.table.cells(), [1.0, 0.0, 2.0, 1.0]);
    assert_eq!(loaded.sha256, Hash::of(&zipped));
    assert_eq!(good("a\n1\n").sha256, Hash::of(b"a\n1\n"));

    let padded = [zipped.as_slice(), &[0; 600]].concat();
    assert_eq!(load(&padded, Role::Infer, Missing::Allowed).expect("padding is no mistake").sha256, Hash::of(&padded));
    for trailing in [&b"x"[..], b"\0\0x", b"more than a gzip header has bytes"] {
        let parts = ["can't decompress F", "no gzip follows the end", "remove what follows"];
        refused(&[zipped.as_slice(), trailing].concat(), Role::Infer, &parts);
    }
    refused(&zipped[..zipped.len() - 4], Role::Infer, &["can't decompress F", "cut short or damaged"]);
    let mut damaged = zip(text);
    let checksum = damaged.len() - 8;
    damaged[checksum] ^= 1;
    refused(&damaged, Role::Infer, &["can't decompress F"]);
    // The ragged row may come of the damage, so that the damage is what is said.
    let mut ragged = zip(b"a,b\n1\n");
    let checksum = ragged.len() - 8;
    ragged[checksum] ^= 1;
    refused(&ragged, Role::Infer, &["can't decompress F"]);
}

#[test]
fn skipped_columns_are_neither_parsed_nor_validated() {
    let file = written(b"a,b,c\n\xff,1,inf\nx,2,y\n");
    let choose = |header: &Header| {
        let role = |name: &String| if name == "b" { Role::Number } else { Role::Skip };
        Ok(header.names().iter().map(|name| ColumnRequest { role: role(name), missing: Missing::Refused }).collect())
    };
    let loaded = read(file.path(), &Options { delimiter: None, na_values: &[] }, choose).expect("a right column");
    assert_eq!((names(&loaded), loaded.table.cells().as_slice()), (vec!["b"], [1.0, 2.0].as_slice()));
    assert_eq!(loaded.table.header.names().len(), 3);
}

#[test]
fn what_choose_refuses_is_refused() {
    let file = written(b"a\n1\n");
    let result = read(file.path(), &Options { delimiter: None, na_values: &[] }, |header| Err(header.missing("b", "the label").into()));
    assert!(result.expect_err("refused").to_string().contains("no column `b` (the label)"));
}

#[test]
fn files_that_are_none_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = Options { delimiter: None, na_values: &[] };
    let error = |path: &Path| read(path, &options, |_| Ok(Vec::new())).expect_err("no file");
    assert!(error(&folder.path().join("none")).to_string().contains("can't read"));
    assert!(error(folder.path()).to_string().contains("name a file, not a folder"));
    for empty in ["", "\u{feff}", "\n\r\n\n", "\u{feff}\n"] {
        refused(empty.as_bytes(), Role::Infer, &["F is empty"]);
    }
    refused(b"a,b\n", Role::Infer, &["F has a header but no rows"]);
    refused(b"a,b", Role::Infer, &["F has a header but no rows"]);
    refused(b"\xff\xfea\0\n\0", Role::Infer, &["F is UTF-16", "iconv -f utf-16"]);
}

#[test]
fn a_name_that_comes_twice_is_shown_at_both_places() {
    refused(b"a,b,a\n1,2,3\n", Role::Infer, &["two columns have the name `a`", "F:1:5", "again here", "first here"]);
    refused(b"\n,column_1\n1,2\n", Role::Infer, &["two columns have the name `column_1`", "F:2:2"]);
}

#[test]
fn a_row_of_the_wrong_length_is_shown_where_it_goes_wrong() {
    refused(b"a,b\n1,2\n\"\n\",4,5\n", Role::Category, &["a row of 3 fields under a header of 2", "F:4:5", "one field too many"]);
    refused(b"a,b\n\n\xc3\xa9,2\r\n3\r\n", Role::Category, &["a row of 1 field under a header of 2", "F:4:1"]);
    refused(b"a\n1\n2,\n", Role::Infer, &["a row of 2 fields", "F:3:3"]);
}

#[test]
fn a_number_column_takes_finite_numbers_only() {
    refused(
        b"a,b\n1,2\n3,x y\n5,z\n",
        Role::Number,
        &["`x y` is not a number", "F:3:3", "preprocess.na_values", "categorical = [\"auto\", \"b\"]"],
    );
    for odd in ["nan", "NaN", "inf", "-Infinity", "1e400"] {
        for role in [Role::Number, Role::Infer] {
            refused(
                format!("a\n1\n{odd}\n").as_bytes(),
                role,
                &[&format!("`{odd}` is not a finite number"), "F:3:1", "preprocess.na_values"],
            );
        }
    }
}

#[test]
fn nan_and_infinity_are_no_text_wherever_they_stand_in_a_column() {
    for odd in ["NaN", "inf", "-Infinity", "1e400", " nan"] {
        let message = format!("`{odd}` is not a finite number");
        for (cells, place) in
            [([odd, odd], "F:2:1"), ([odd, "1"], "F:2:1"), ([odd, "x"], "F:2:1"), (["x", odd], "F:3:1"), (["", odd], "F:3:1")]
        {
            refused(format!("a,b\n{},0\n{},0\n", cells[0], cells[1]).as_bytes(), Role::Infer, &[&message, place, "preprocess.na_values"]);
        }
        assert!(load(format!("a\n{odd}\n").as_bytes(), Role::Category, Missing::Allowed).is_ok());
    }
}

#[test]
fn blanks_around_a_number_mean_nothing_and_around_a_text_stay() {
    let loaded = good("a,b\n 1.5,x \n2 ,x\n\t-3\t, x\n");
    assert_eq!(loaded.table.columns[0].kind, Kind::Number);
    assert_eq!(loaded.table.columns[1].kind, Kind::Category([" x", "x", "x "].map(String::from).to_vec()));
    assert_eq!(loaded.table.cells(), [1.5, 2.0, 2.0, 1.0, -3.0, 0.0]);
    refused(b"a,b\n1,2\n ,3\n", Role::Number, &["` ` is not a number", "F:3:1", "preprocess.na_values"]);
}

#[test]
fn a_column_of_decimal_commas_is_no_category_unless_it_is_asked_to_be() {
    let text = b"a;b\n1;-1,5\n2;2,25\n";
    refused(
        text,
        Role::Infer,
        &["column `b` holds numbers with a comma, as in `-1,5`", "F:1:3", "decimal point", "preprocess.categorical"],
    );
    assert!(load(text, Role::Category, Missing::Allowed).is_ok());
    assert!(load(b"a;b\n1;1,5\n2;x\n", Role::Infer, Missing::Allowed).is_ok());
    assert!(load(b"a;b\n1;,5\n2;1,\n", Role::Infer, Missing::Allowed).is_ok());
}

#[test]
fn a_column_that_mixes_is_shown_at_its_first_cell_that_disagrees() {
    let parts = [
        "column `b` mixes",
        "F:4:2",
        "this is text, but `7` on line 3 is a number",
        "categorical = [\"auto\", \"b\"]",
        "add `?` to preprocess.na_values",
    ];
    refused(b"a,b\n,NA\n,7\n,?\n,8\n,!\n", Role::Infer, &parts);
    refused(b"b\nx\n7\n", Role::Infer, &["F:3:1", "this is a number, but `x` on line 2 is text", "add `x` to preprocess.na_values"]);
    assert_eq!(
        texts(&load(b"b\nx\n7\n", Role::Category, Missing::Allowed).expect("texts")),
        [[Some("x".to_string())], [Some("7".to_string())]]
    );
}

#[test]
fn a_missing_cell_may_be_refused() {
    let error = load(b"a,y\n1,2\n3,NA\n", Role::Infer, Missing::Refused).expect_err("refused");
    assert!(error.contains("column `y` needs a value in every row") && error.contains("F:3:3"), "{error}");
}

#[test]
fn the_first_wrong_cell_of_every_column_is_shown_in_the_files_order() {
    let error = load(b"a,b,c\n1,x,3\nx,y,z\nx,5\n", Role::Number, Missing::Allowed).expect_err("refused");
    let places: Vec<_> = error.split("--> F:").skip(1).map(|rest| rest.split_once('\n').map_or("", |(place, _)| place)).collect();
    assert_eq!(places, ["2:3", "3:1", "3:5", "4:3"], "{error}");
    let wide = format!("{}\n{}\n", (0..20).map(|i| format!("c{i}")).collect::<Vec<_>>().join(","), ["x"; 20].join(","));
    refused(wide.as_bytes(), Role::Number, &["F:2:19", "10 more columns have cells that can't be read"]);
}

#[test]
fn bytes_that_are_not_utf8_are_shown_with_the_way_out() {
    refused(b"a,b\nx,caf\xe9\n", Role::Category, &["not UTF-8", "F:2:3", "iconv -f latin1 -t utf-8"]);
    refused(b"a,caf\xe9\nx,y\n", Role::Category, &["not UTF-8", "F:1:3"]);
}

#[test]
fn broken_quotes_are_shown_where_they_break() {
    refused(b"a,b\n\"1\n\n\",2\n3,\"4\n\n", Role::Category, &["a quote is never closed", "F:5:3"]);
    refused(b"a\nx \"y\"\n", Role::Category, &["a quote inside a field", "F:2:3", "doubled"]);
    refused("a\n\"x\"é\n".as_bytes(), Role::Category, &["text after a closing quote", "F:2:4", "\"x\"é"]);
    refused(b"a\"b\"\n1\n", Role::Category, &["a quote inside a field", "F:1:2"]);
    refused(b"a;b\"c;d\n1;2;3\n", Role::Category, &["a quote inside a field", "F:1:4"]);
    refused(b"a\r1\r2\r", Role::Category, &["a carriage return", "F:1:2"]);
}

#[test]
fn limits_hold() {
    let options = Options { delimiter: None, na_values: &[] };
    let within = |limits: Limits, text: &str, role: Role| {
        let choose = |header: &Header| Ok(vec![ColumnRequest { role, missing: Missing::Allowed }; header.names().len()]);
        read_within(&limits, written(text.as_bytes()).path(), &options, choose).map_err(|error| error.to_string())
    };
    assert!(within(Limits { columns: 2, ..TINY }, "a,b\n1,2\n", Role::Infer).is_ok());
    assert!(within(Limits { columns: 1, ..TINY }, "a,b\n1,2\n", Role::Infer).is_err_and(|error| error.contains("has more than 1 columns")));
    assert!(within(Limits { rows: 2, ..TINY }, "a\n1\n2\n", Role::Infer).is_ok());
    assert!(within(Limits { rows: 1, ..TINY }, "a\n1\n2\n", Role::Skip).is_err_and(|error| error.contains("more than 1 rows")));
    assert!(within(Limits { texts: 2, ..TINY }, "a\nx\ny\nx\n", Role::Category).is_ok());
    let error = within(Limits { texts: 1, ..TINY }, "a\nx\ny\nx\n", Role::Category).expect_err("two texts");
    assert!(error.contains("column `a` has more than 1 distinct texts") && error.contains(":1:1"), "{error}");
    let endless = format!("a\n1\n{}", "x".repeat(99));
    let error = within(Limits { record: 20, ..TINY }, &endless, Role::Infer).expect_err("endless");
    assert!(error.contains("does not end within") && error.contains(":3:1"), "{error}");
    let open = format!("a,b\n1,\"{}", "x\n".repeat(99));
    assert!(
        within(Limits { record: 20, ..TINY }, &open, Role::Infer)
            .is_err_and(|error| error.contains("never closed") && error.contains(":2:3"))
    );
    assert!(within(Limits { record: 20, ..TINY }, &"x".repeat(99), Role::Infer).is_err_and(|error| error.contains("does not end within")));
}

#[test]
fn the_number_of_threads_does_not_show() {
    let text: String = (0..300).fold("a,b\n".into(), |text, i| format!("{text}{i},k{}\n", i * 7 % 31));
    let one = reduce::with_threads(Some(1), || good(&text)).expect("a thread");
    let many = reduce::with_threads(Some(5), || good(&text)).expect("threads");
    assert_eq!((one.table.cells(), one.table.columns), (many.table.cells(), many.table.columns));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, rng_seed: proptest::test_runner::RngSeed::Fixed(4), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_csv_crate_writes_is_read_back(
        rows in (1_usize..4).prop_flat_map(|width| {
            let cell = prop_oneof!["[ab,;\"\n\r \té]{0,6}", any::<String>()];
            prop::collection::vec(prop::collection::vec(cell, width), 1..12)
        }),
        delimiter in prop::sample::select(vec![b',', b';', b'\t']),
        crlf in any::<bool>(),
        block in 1_usize..40,
        piece in 1_usize..20,
    ) {
        let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(terminator).from_writer(Vec::new());
        writer.write_record((0..rows[0].len()).map(|column| format!("name {column}"))).expect("memory");
        for row in &rows {
            writer.write_record(row).expect("memory");
        }
        let file = written(&writer.into_inner().expect("memory"));
        let choose = |header: &Header| Ok(vec![ColumnRequest { role: Role::Category, missing: Missing::Allowed }; header.names().len()]);
        let options = Options { delimiter: Some(delimiter), na_values: &[] };
        let loaded = read_within(&Limits { block, piece, ..TINY }, file.path(), &options, choose).expect("a right file");
        let wanted: Vec<Vec<_>> = rows.into_iter().map(|row| row.into_iter().map(Some).collect()).collect();
        prop_assert_eq!(texts(&loaded), wanted);
    }

    /// The comparison is in `load`: the same table or the same words, wherever the file is cut.
    #[test]
    fn cuts_show_neither_in_tables_nor_in_messages(
        bytes in prop::collection::vec(prop::sample::select(b"\"\"\",,\n\n\n\r;aa1122e.\xc3\xa9".to_vec()), 0..60),
        tame in any::<bool>(),
        role in prop::sample::select(vec![Role::Skip, Role::Infer, Role::Number, Role::Category]),
        missing in prop::sample::select(vec![Missing::Allowed, Missing::Refused]),
    ) {
        let keep = |byte: &u8| !tame || byte.is_ascii() && !b"\"\r;,".contains(byte);
        let bytes: Vec<u8> = bytes.into_iter().filter(keep).collect();
        let _ = load(&bytes, role, missing);
    }

    #[test]
    fn every_finite_number_comes_back_to_the_bit(bits in prop::collection::vec(any::<u64>(), 1..20), block in 1_usize..40) {
        let numbers: Vec<f64> = bits.into_iter().map(f64::from_bits).filter(|number| number.is_finite()).chain([-0.0, 5e-324]).collect();
        let text = numbers.iter().fold("a,b\n".to_string(), |text, number| format!("{text}{number},{number:?}\n"));
        let file = written(text.as_bytes());
        let choose = |_: &Header| Ok(vec![ColumnRequest { role: Role::Infer, missing: Missing::Refused }; 2]);
        let options = Options { delimiter: None, na_values: &[] };
        let loaded = read_within(&Limits { block, ..TINY }, file.path(), &options, choose).expect("a right file");
        let read: Vec<u64> = loaded.table.cells().iter().map(|cell| cell.to_bits()).collect();
        let wanted: Vec<u64> = numbers.iter().flat_map(|number| [number.to_bits(); 2]).collect();
        prop_assert_eq!(read, wanted);
    }
}
