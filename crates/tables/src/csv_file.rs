//! CSV files into the texts of their columns.

use crate::error::TableError;
use crate::options::{Decimal, Options};
use crate::texts::Texts;
use crate::words::{is_missing, number};
use crate::{MOST_CELLS, MOST_COLUMNS};

/// How much of a file its separator is guessed from.
const LOOKED_AT: usize = 64 << 10;
/// How many records.
const RECORDS: usize = 100;

/// A CSV file, cut into cells.
pub(crate) struct CsvFile {
    pub names: Vec<String>,
    pub columns: Vec<Texts>,
    /// Line of each row, from 1.
    pub lines: Vec<u32>,
    pub separator: char,
    pub header: bool,
    pub notes: Vec<String>,
}

/// Cuts `bytes`.
pub(crate) fn read(bytes: &[u8], options: &Options) -> Result<CsvFile, TableError> {
    let text = text(bytes)?;
    let separator = match options.separator {
        None => separator(text),
        Some(given) if given.is_ascii() && !matches!(given, '"' | '\n' | '\r') => given as u8,
        Some(given) => {
            return Err(TableError::Options(format!(
                "`{given}` cannot separate cells: say one ASCII character, such as , ; or a tab"
            )));
        }
    };
    let mut reader = reader(text, separator);
    let mut record = csv::StringRecord::new();
    let mut file = CsvFile {
        names: Vec::new(),
        columns: Vec::new(),
        lines: Vec::new(),
        separator: char::from(separator),
        header: true,
        notes: Vec::new(),
    };
    if !next(&mut reader, &mut record)? {
        return Err(TableError::NotATable(
            "the table is empty: it has no line with cells".to_owned(),
        ));
    }
    let width = record.len();
    if width > MOST_COLUMNS {
        return Err(TableError::TooLarge(format!(
            "the table has {width} columns; at most {MOST_COLUMNS} are read"
        )));
    }
    file.columns = vec![Texts::default(); width];
    file.header = options.header.unwrap_or_else(|| !looks_like_a_row(&record));
    if file.header {
        file.names = names(record.iter(), &mut file.notes);
    } else {
        file.names = (1..=width).map(|i| format!("column {i}")).collect();
        if options.header.is_none() {
            file.notes
                .push("the first line holds numbers, so the columns have no names".to_owned());
        }
        keep(&mut file, &record)?;
    }
    while next(&mut reader, &mut record)? {
        if record.len() != width {
            let line = record.position().map_or(0, csv::Position::line);
            return Err(TableError::Line {
                line,
                message: format!(
                    "{} cells, where the first line has {width}; mend the line, or quote cells that hold `{}`",
                    record.len(),
                    printable(separator)
                ),
            });
        }
        keep(&mut file, &record)?;
    }
    Ok(file)
}

fn keep(file: &mut CsvFile, record: &csv::StringRecord) -> Result<(), TableError> {
    if (file.lines.len() + 1).saturating_mul(file.columns.len()) > MOST_CELLS {
        return Err(TableError::TooLarge(format!(
            "the table has more than {MOST_CELLS} cells; give a part of its rows or columns"
        )));
    }
    for (column, cell) in file.columns.iter_mut().zip(record) {
        if !column.push(cell.trim()) {
            return Err(TableError::TooLarge(
                "the table has a column of more than 4 GiB of text".to_owned(),
            ));
        }
    }
    let line = record.position().map_or(0, csv::Position::line);
    file.lines.push(u32::try_from(line).unwrap_or(u32::MAX));
    Ok(())
}

fn next(reader: &mut csv::Reader<&[u8]>, record: &mut csv::StringRecord) -> Result<bool, TableError> {
    reader.read_record(record).map_err(|error| {
        let line = error.position().map_or(0, csv::Position::line);
        TableError::Line {
            line,
            message: error.to_string(),
        }
    })
}

fn reader(text: &str, separator: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        // Rows of another length are named with their line by this file.
        .flexible(true)
        .delimiter(separator)
        .from_reader(text.as_bytes())
}

fn text(bytes: &[u8]) -> Result<&str, TableError> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(TableError::NotATable(
            "the table is in UTF-16; save it as CSV in UTF-8".to_owned(),
        ));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(TableError::NotATable("the table is empty".to_owned()));
    }
    if bytes.iter().take(4096).any(|b| *b == 0) {
        return Err(TableError::NotATable(
            "the file is no table: it holds zero bytes, which CSV does not".to_owned(),
        ));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        TableError::Line {
            line: before.split(|b| *b == b'\n').count() as u64,
            message: format!(
                "byte 0x{:02x} is not UTF-8; save the table as CSV in UTF-8",
                bytes.get(error.valid_up_to()).copied().unwrap_or_default()
            ),
        }
    })
}

/// The separator with which most records have as many cells as the first; the one with more cells of equals.
fn separator(text: &str) -> u8 {
    let mut end = text.len().min(LOOKED_AT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = &text[..end];
    let score = |separator: u8| {
        let mut reader = reader(head, separator);
        let mut record = csv::StringRecord::new();
        let (mut width, mut same, mut seen) = (0usize, 0usize, 0usize);
        while seen < RECORDS && matches!(reader.read_record(&mut record), Ok(true)) {
            if seen == 0 {
                width = record.len();
            }
            same += usize::from(record.len() == width);
            seen += 1;
        }
        // The last record may be cut.
        let steady = seen > 0 && same + 1 >= seen;
        (width > 1 && steady, width)
    };
    let mut best = (b',', score(b','));
    for other in [b';', b'\t', b'|'] {
        let found = score(other);
        if found > best.1 && found.1 > 1 {
            best = (other, found);
        }
    }
    best.0
}

/// Whether a first line holds numbers rather than names.
fn looks_like_a_row(record: &csv::StringRecord) -> bool {
    let read = |cell: &str| number(cell.trim(), Decimal::Point).is_some();
    let numbers = record.iter().filter(|cell| read(cell)).count();
    numbers > 0 && record.iter().all(|cell| read(cell) || is_missing(cell.trim(), None))
}

/// Names that are there and differ.
pub(crate) fn names<'a>(found: impl Iterator<Item = &'a str>, notes: &mut Vec<String>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for (at, name) in found.enumerate() {
        let name = name.trim();
        let base = if name.is_empty() {
            format!("unnamed column {}", at + 1)
        } else {
            name.to_owned()
        };
        let mut free = base.clone();
        let mut again = 1;
        while !seen.insert(free.clone()) {
            free = format!("{base}.{again}");
            again += 1;
        }
        if free != base {
            notes.push(format!(
                "two columns are called `{base}`; the later one is `{free}` here"
            ));
        }
        names.push(free);
    }
    names
}

fn printable(separator: u8) -> &'static str {
    match separator {
        b'\t' => "a tab",
        b';' => ";",
        b'|' => "|",
        b',' => ",",
        _ => "the separator",
    }
}
