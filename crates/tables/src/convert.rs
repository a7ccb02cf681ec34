//! From the texts of a column to its kind and its values.

use std::collections::{HashMap, HashSet};

use crate::column::{Column, Unreadable};
use crate::error::TableError;
use crate::moment;
use crate::options::{ColumnEdit, Decimal, Kind, LabelOrder, Options};
use crate::texts::Texts;
use crate::words::{flag, generous_flag, is_missing, number};
use crate::{MOST_GUESSED_LABELS, MOST_LABELS};

/// Distinct texts that are a category however few rows there are.
const ALWAYS_FEW: usize = 20;
/// How much of an odd cell is quoted.
const QUOTED: usize = 40;

/// What the cells of a column look like, counted.
#[derive(Default)]
struct Tally {
    present: usize,
    flags: usize,
    numbers: usize,
    whole: usize,
    dates: usize,
    /// Numbers that have a comma as decimal sign, and of them those that might be thousands.
    commas: usize,
    thousands: usize,
    points: usize,
    /// First number written like an identifier.
    code: Option<usize>,
    /// First cell that is no number.
    odd: Option<usize>,
    distinct: HashSet<u64>,
    many: bool,
}

/// The kind of a column and why.
struct Guess {
    kind: Kind,
    decimal: Decimal,
    reason: String,
}

/// Where texts come from, which decides what may be guessed from them.
#[derive(Clone, Copy)]
pub(crate) enum Origin<'a> {
    /// Everything is text there.
    Csv {
        /// Whether a comma inside a cell may be a decimal sign.
        commas: bool,
        /// On which line each row stands.
        lines: &'a [u32],
    },
    /// What is text there is meant to be text, and nulls are what is missing.
    Parquet,
}

/// Types one column.
pub(crate) fn typed(name: String, texts: Texts, options: &Options, origin: Origin<'_>) -> Result<Column, TableError> {
    let edit = options.columns.get(&name).cloned().unwrap_or_default();
    let lines = match origin {
        Origin::Csv { lines, .. } => Some(lines),
        Origin::Parquet => None,
    };
    let words = match origin {
        Origin::Csv { .. } => options.missing.as_deref(),
        Origin::Parquet => Some(options.missing.as_deref().unwrap_or_default()),
    };
    let tally = tally(&texts, options, words);
    let guess = guess(&name, &tally, &texts, options, origin);
    let (kind, reason) = match edit.kind {
        Some(kind) if kind != guess.kind => (
            kind,
            format!("given; a guess would be {}: {}", guess.kind.as_str(), guess.reason),
        ),
        _ if edit.labels.is_some() && !guess.kind.has_labels() => (Kind::Category, "labels are given".to_owned()),
        Some(_) => (guess.kind, "given".to_owned()),
        None => (guess.kind, guess.reason),
    };
    let mut column = Column {
        name,
        kind,
        reason,
        labels: Vec::new(),
        values: Vec::new(),
        unreadable: None,
        texts: Texts::default(),
    };
    match kind {
        Kind::Number | Kind::Integer => {
            let read = |cell: &str| number(cell, guess.decimal).map(|n| n.value).filter(|v| !v.is_nan());
            fill(&mut column, &texts, words, lines, read);
            if kind == Kind::Integer && column.values.iter().any(|v| v.fract() != 0.0 && v.is_finite()) {
                return Err(TableError::Options(format!(
                    "column `{}` cannot be of kind integer: some of its numbers have a fraction; say `number`",
                    column.name
                )));
            }
        }
        Kind::Date => fill(&mut column, &texts, words, lines, moment::read),
        Kind::Boolean => {
            fill(&mut column, &texts, words, lines, |cell| {
                generous_flag(cell).map(|flag| f64::from(u8::from(flag)))
            });
            column.labels = spellings(&column, &texts);
        }
        Kind::Category => categories(&mut column, &texts, &edit, options.label_order, words)?,
        Kind::Text => {
            column.values = numbered(&texts, words);
            column.texts = texts;
        }
    }
    Ok(column)
}

fn fill(
    column: &mut Column,
    texts: &Texts,
    words: Option<&[String]>,
    lines: Option<&[u32]>,
    read: impl Fn(&str) -> Option<f64>,
) {
    column.values.reserve_exact(texts.len());
    for (row, cell) in texts.iter().enumerate() {
        let value = if is_missing(cell, words) {
            f64::NAN
        } else if let Some(value) = read(cell) {
            value
        } else {
            let odd = column.unreadable.get_or_insert_with(|| Unreadable {
                count: 0,
                row,
                line: lines.and_then(|lines| lines.get(row)).map(|line| u64::from(*line)),
                cell: cell.chars().take(QUOTED).collect(),
            });
            odd.count += 1;
            f64::NAN
        };
        column.values.push(value);
    }
}

fn numbered(texts: &Texts, words: Option<&[String]>) -> Vec<f64> {
    let number = |(row, cell): (usize, &str)| if is_missing(cell, words) { f64::NAN } else { row as f64 };
    texts.iter().enumerate().map(number).collect()
}

/// How false and true are spelled in the file.
fn spellings(column: &Column, texts: &Texts) -> Vec<String> {
    let first = |wanted: f64, none: &str| {
        let at = column.values.iter().position(|v| v.to_bits() == wanted.to_bits());
        at.map_or(none, |row| texts.get(row)).to_owned()
    };
    vec![first(0.0, "false"), first(1.0, "true")]
}

fn categories(
    column: &mut Column,
    texts: &Texts,
    edit: &ColumnEdit,
    order: LabelOrder,
    words: Option<&[String]>,
) -> Result<(), TableError> {
    let given = edit.labels.as_deref().unwrap_or_default();
    let mut labels: Vec<&str> = Vec::new();
    let mut index: HashMap<&str, usize> = HashMap::new();
    for label in given {
        if index.insert(label, labels.len()).is_some() {
            return Err(TableError::Options(format!(
                "column `{}` is given the label `{label}` twice",
                column.name
            )));
        }
        labels.push(label);
    }
    let mut values = Vec::with_capacity(texts.len());
    for cell in texts.iter() {
        // A label that somebody gave is one, though it may look like a missing value.
        let known = index.get(cell).copied();
        let at = match known {
            Some(at) => at,
            None if is_missing(cell, words) => {
                values.push(f64::NAN);
                continue;
            }
            None => {
                index.insert(cell, labels.len());
                labels.push(cell);
                labels.len() - 1
            }
        };
        if labels.len() > MOST_LABELS {
            return Err(TableError::Options(format!(
                "column `{}` has more than {MOST_LABELS} different values, which is too many for a category; say `text`",
                column.name
            )));
        }
        values.push(at as f64);
    }
    if order == LabelOrder::Sorted {
        let mut order: Vec<usize> = (given.len()..labels.len()).collect();
        let numbers: Option<Vec<f64>> = labels
            .iter()
            .map(|label| number(label, Decimal::Point).map(|n| n.value))
            .collect();
        match numbers {
            Some(numbers) => order.sort_by(|a, b| numbers[*a].total_cmp(&numbers[*b]).then(labels[*a].cmp(labels[*b]))),
            None => order.sort_by_key(|at| labels[*at]),
        }
        let mut place: Vec<usize> = (0..labels.len()).collect();
        for (rank, at) in order.iter().enumerate() {
            place[*at] = given.len() + rank;
        }
        for value in values.iter_mut().filter(|v| !v.is_nan()) {
            *value = place[*value as usize] as f64;
        }
        let mut sorted = vec![""; labels.len()];
        for (at, label) in labels.iter().enumerate() {
            sorted[place[at]] = label;
        }
        labels = sorted;
    }
    column.labels = labels.into_iter().map(str::to_owned).collect();
    column.values = values;
    Ok(())
}

fn tally(texts: &Texts, options: &Options, words: Option<&[String]>) -> Tally {
    let mut seen = Tally::default();
    for (row, cell) in texts.iter().enumerate() {
        if is_missing(cell, words) {
            continue;
        }
        seen.present += 1;
        if !seen.many {
            seen.distinct.insert(hash(cell));
            seen.many = seen.distinct.len() > MOST_GUESSED_LABELS;
        }
        if let Some(found) = number(cell, options.decimal.unwrap_or(Decimal::Point)) {
            seen.numbers += 1;
            seen.whole += usize::from(found.whole);
            seen.points += usize::from(cell.contains('.'));
            if (found.padded || found.inexact) && seen.code.is_none() {
                seen.code = Some(row);
            }
            continue;
        }
        seen.odd.get_or_insert(row);
        if options.decimal.is_none() && number(cell, Decimal::Comma).is_some() {
            seen.commas += 1;
            let behind = cell.rsplit(',').next().map_or(0, str::len);
            let before = cell.trim_start_matches(['-', '+']).find(',').unwrap_or(0);
            let zero = cell.trim_start_matches(['-', '+']).starts_with('0');
            seen.thousands += usize::from(behind == 3 && (1..=3).contains(&before) && !zero);
        } else if flag(cell).is_some() {
            seen.flags += 1;
        } else if moment::read(cell).is_some() {
            seen.dates += 1;
        }
    }
    seen
}

/// FNV-1a: only to count distinct cells, where a collision in a million does no harm.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, b| {
        (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Whether a column is called like the number or the key of a row.
pub(crate) fn named_like_an_identifier(name: &str) -> bool {
    let name = name.to_lowercase();
    let words = [
        "id",
        "index",
        "uuid",
        "guid",
        "row",
        "rownames",
        "row_id",
        "key",
        "unnamed: 0",
        "__index_level_0__",
    ];
    words.contains(&name.as_str())
        || name.ends_with("_id")
        || name.ends_with(" id")
        || name.starts_with("unnamed column")
}

fn guess(name: &str, tally: &Tally, texts: &Texts, options: &Options, origin: Origin<'_>) -> Guess {
    let decimal = options.decimal.unwrap_or(Decimal::Point);
    let answer = |kind, reason: String| Guess { kind, decimal, reason };
    let all = tally.present;
    let quoted = |row: usize| texts.get(row).chars().take(QUOTED).collect::<String>();
    if all == 0 {
        return answer(Kind::Number, "every cell is missing".to_owned());
    }
    let few = !tally.many && (tally.distinct.len() <= ALWAYS_FEW || tally.distinct.len() <= all / 2);
    let words = |why: String| {
        if few {
            answer(
                Kind::Category,
                format!("{why}; {} different values", tally.distinct.len()),
            )
        } else {
            answer(Kind::Text, format!("{why}; too many different values for a category"))
        }
    };
    let Origin::Csv { commas, .. } = origin else {
        return words("the file says text".to_owned());
    };
    let every = |what: &str| format!("every cell is {what}");
    if tally.flags == all {
        return answer(Kind::Boolean, every("true or false"));
    }
    if tally.dates == all {
        return answer(Kind::Date, every("a date"));
    }
    if let (true, Some(row)) = (tally.numbers == all, tally.code) {
        return words(format!("`{}` is a code rather than a number", quoted(row)));
    }
    if tally.numbers == all {
        if tally.whole < all {
            return answer(Kind::Number, every("a number"));
        }
        let differ = tally.many || tally.distinct.len() == all;
        if all > 1 && differ && named_like_an_identifier(name) && counts_up(texts) {
            return answer(
                Kind::Text,
                "the rows are numbered by it; say `integer` if it is a feature".to_owned(),
            );
        }
        return answer(Kind::Integer, every("a whole number"));
    }
    if tally.commas > 0 && tally.commas + tally.whole == all && tally.points == 0 {
        if commas && tally.thousands < tally.commas {
            let reason = every("a number with a decimal comma");
            return Guess {
                kind: Kind::Number,
                decimal: Decimal::Comma,
                reason,
            };
        }
        let row = tally.odd.unwrap_or(0);
        return words(format!(
            "`{}` may have a decimal comma or be thousands; say which with `decimal`",
            quoted(row)
        ));
    }
    match tally.odd {
        Some(row) if tally.numbers * 2 > all => words(format!(
            "{} of {all} cells are no numbers, the first is `{}`",
            all - tally.numbers,
            quoted(row)
        )),
        _ => words("words".to_owned()),
    }
}

/// Whether each row's number is that of the row before it and one.
fn counts_up(texts: &Texts) -> bool {
    let numbers: Option<Vec<f64>> = texts
        .iter()
        .map(|cell| number(cell, Decimal::Point).map(|n| n.value))
        .collect();
    #[expect(clippy::float_cmp, reason = "whole numbers below 2^53")]
    let steps = |numbers: Vec<f64>| numbers.windows(2).all(|pair| pair[1] - pair[0] == 1.0);
    numbers.is_some_and(steps)
}

/// Numbers as texts, for a column of a Parquet file that somebody says is something else.
pub(crate) fn texts_of(values: &[f64], words: impl Fn(f64) -> String) -> Result<Texts, TableError> {
    let mut texts = Texts::default();
    for value in values {
        let cell = if value.is_nan() { String::new() } else { words(*value) };
        if !texts.push(&cell) {
            return Err(TableError::TooLarge(
                "the table has a column of more than 4 GiB of text".to_owned(),
            ));
        }
    }
    Ok(texts)
}
