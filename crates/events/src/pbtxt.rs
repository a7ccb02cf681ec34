//! Protocol buffers written as text, item by item: no schema, no tree, no recursion.

use std::borrow::Cow;

/// Nesting beyond this is refused.
const MOST_DEPTH: usize = 32;

/// Text that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct TextError {
    /// Where, counted from 1.
    pub line: usize,
    /// Why.
    pub what: &'static str,
}

/// What stands in the text next.
#[derive(Debug, Clone, PartialEq)]
pub enum Item<'a> {
    /// A field that is no message; each entry of a list is one of its own.
    Value(&'a str, Scalar<'a>),
    /// A message begins.
    Open(&'a str),
    /// The innermost message ends.
    Close,
}

/// A value that is no message.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar<'a> {
    /// In quotes; escapes are resolved, so it need not be UTF-8.
    Quoted(Cow<'a, [u8]>),
    /// A number, a flag or a name.
    Word(&'a str),
}

/// The items of a text, in order. Ends after the first error.
#[derive(Debug)]
pub struct Items<'a> {
    all: &'a str,
    rest: &'a str,
    /// What closes each open message, and the list it is an entry of.
    open: Vec<(char, Option<&'a str>)>,
    /// The field whose list is being read.
    list: Option<&'a str>,
    failed: bool,
}

type Read<T> = Result<T, &'static str>;

impl<'a> Items<'a> {
    /// Of a whole text.
    pub fn new(text: &'a str) -> Self {
        Self {
            all: text,
            rest: text,
            open: Vec::new(),
            list: None,
            failed: false,
        }
    }

    /// The line that is being read.
    pub fn line(&self) -> usize {
        let read = self.all.len() - self.rest.len();
        self.all.as_bytes()[..read].split(|byte| *byte == b'\n').count()
    }

    fn item(&mut self) -> Read<Option<Item<'a>>> {
        loop {
            if let Some(name) = self.list {
                if self.take(']') {
                    self.list = None;
                    continue;
                }
                return self.value(name).map(Some);
            }
            let name = match self.peek() {
                None if self.open.is_empty() => return Ok(None),
                None => return Err("a brace is not closed"),
                Some(brace @ ('}' | '>')) => {
                    let (closes, list) = self.open.pop().ok_or("a brace closes what was never opened")?;
                    if brace != closes {
                        return Err("a brace is closed by another kind of brace");
                    }
                    self.rest = &self.rest[1..];
                    self.list = list;
                    return Ok(Some(Item::Close));
                }
                Some('[') => {
                    let (name, after) = self.rest[1..].split_once(']').ok_or("a bracket is not closed")?;
                    self.rest = after;
                    name
                }
                Some(_) => self.word(),
            };
            if name.is_empty() {
                return Err("something else stands where a field's name should be");
            }
            let colon = self.take(':');
            if self.take('[') {
                self.list = Some(name);
            } else if !colon && !matches!(self.peek(), Some('{' | '<')) {
                return Err("a field has no value");
            } else {
                return self.value(name).map(Some);
            }
        }
    }

    fn value(&mut self, name: &'a str) -> Read<Item<'a>> {
        match self.peek() {
            Some(brace @ ('{' | '<')) => {
                if self.open.len() >= MOST_DEPTH {
                    return Err("it is nested too deeply");
                }
                self.rest = &self.rest[1..];
                self.open.push((if brace == '{' { '}' } else { '>' }, self.list.take()));
                Ok(Item::Open(name))
            }
            Some('"' | '\'') => Ok(Item::Value(name, Scalar::Quoted(self.quoted()?))),
            Some(_) => match self.word() {
                "" => Err("a value cannot be read"),
                word => Ok(Item::Value(name, Scalar::Word(word))),
            },
            None => Err("it ends before a value"),
        }
    }

    /// Skips what means nothing, and answers what follows.
    fn peek(&mut self) -> Option<char> {
        self.after(|c| c.is_whitespace() || c == ',' || c == ';')
    }

    /// What follows blanks and comments.
    fn after(&mut self, blank: fn(char) -> bool) -> Option<char> {
        loop {
            self.rest = self.rest.trim_start_matches(blank);
            if !self.rest.starts_with('#') {
                return self.rest.chars().next();
            }
            self.rest = self.rest.split_once('\n').map_or("", |(_, after)| after);
        }
    }

    fn take(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        if there {
            self.rest = &self.rest[wanted.len_utf8()..];
        }
        there
    }

    fn word(&mut self) -> &'a str {
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || "_-+.".contains(c)));
        let (word, after) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = after;
        word
    }

    /// One or more texts in quotes, which are one.
    fn quoted(&mut self) -> Read<Cow<'a, [u8]>> {
        let mut text: Option<Cow<'a, [u8]>> = None;
        // A comma ends a text: the next one in a list is another.
        while let Some(quote @ ('"' | '\'')) = self.after(char::is_whitespace) {
            let piece = self.piece(quote as u8)?;
            text = Some(match text {
                None => piece,
                Some(mut before) => {
                    before.to_mut().extend_from_slice(&piece);
                    before
                }
            });
        }
        text.ok_or("a value cannot be read")
    }

    fn piece(&mut self, quote: u8) -> Read<Cow<'a, [u8]>> {
        let inside = &self.rest[1..];
        let bytes = inside.as_bytes();
        let mut made: Option<Vec<u8>> = None;
        let mut at = 0;
        loop {
            match *bytes.get(at).ok_or("a text is not closed")? {
                byte if byte == quote => break,
                b'\\' => {
                    let made = made.get_or_insert_with(|| bytes[..at].to_vec());
                    at += 1 + escape(&bytes[at + 1..], made)?;
                }
                byte => {
                    if let Some(made) = &mut made {
                        made.push(byte);
                    }
                    at += 1;
                }
            }
        }
        // A quote is ASCII, so what follows it begins a character.
        self.rest = &inside[at + 1..];
        Ok(made.map_or(Cow::Borrowed(&bytes[..at]), Cow::Owned))
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Item<'a>, TextError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        self.item().transpose().map(|item| {
            item.map_err(|what| {
                self.failed = true;
                TextError {
                    line: self.line(),
                    what,
                }
            })
        })
    }
}

/// Appends what an escape stands for; answers how many bytes follow its backslash.
fn escape(rest: &[u8], made: &mut Vec<u8>) -> Read<usize> {
    let digits = |most: usize, radix: u32| {
        let digit = move |byte: &u8| char::from(*byte).to_digit(radix);
        rest.iter().skip(usize::from(radix == 16)).take(most).map_while(digit)
    };
    let number = |most, radix| digits(most, radix).fold(0_u32, |sum, digit| sum.wrapping_mul(radix) | digit);
    match *rest.first().ok_or("a text is not closed")? {
        b'n' => made.push(b'\n'),
        b't' => made.push(b'\t'),
        b'r' => made.push(b'\r'),
        b'a' => made.push(7),
        b'b' => made.push(8),
        b'f' => made.push(12),
        b'v' => made.push(11),
        b'0'..=b'7' => {
            made.push(number(3, 8) as u8);
            return Ok(digits(3, 8).count());
        }
        b'x' | b'X' => {
            made.push(number(2, 16) as u8);
            return Ok(1 + digits(2, 16).count());
        }
        long @ (b'u' | b'U') => {
            let most = if long == b'u' { 4 } else { 8 };
            let known = char::from_u32(number(most, 16)).filter(|_| digits(most, 16).count() == most);
            let known = known.ok_or("an escape is no character")?;
            made.extend_from_slice(known.encode_utf8(&mut [0; 4]).as_bytes());
            return Ok(1 + most);
        }
        byte => made.push(byte),
    }
    Ok(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quoted(text: &str) -> Vec<u8> {
        match Items::new(text).next() {
            Some(Ok(Item::Value(_, Scalar::Quoted(bytes)))) => bytes.into_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn fields_lists_and_both_braces() {
        let text = "# said first\na: 1, b { c: [\"x\", 'y'] } d: [ { e: -1.5 } < e: inf > ]; [other.ext] { }";
        let items: Vec<Item<'_>> = Items::new(text).map(Result::unwrap).collect();
        let word = |name, word| Item::Value(name, Scalar::Word(word));
        let quote = |name, text: &'static [u8]| Item::Value(name, Scalar::Quoted(Cow::Borrowed(text)));
        let wanted = vec![
            word("a", "1"),
            Item::Open("b"),
            quote("c", b"x"),
            quote("c", b"y"),
            Item::Close,
            Item::Open("d"),
            word("e", "-1.5"),
            Item::Close,
            Item::Open("d"),
            word("e", "inf"),
            Item::Close,
            Item::Open("other.ext"),
            Item::Close,
        ];
        assert_eq!(items, wanted);
    }

    #[test]
    fn escapes_are_bytes_and_pieces_are_one() {
        assert_eq!(
            quoted(r#"a: "\n\t\\\"\'\101\x41\u00e4" 'b'"#),
            "\n\t\\\"'AAäb".as_bytes()
        );
        assert_eq!(quoted(r#"a: "\377\0x""#), b"\xff\0x");
        assert_eq!(quoted("a: 'größe'"), "größe".as_bytes());
    }

    #[test]
    fn damage_has_a_line_and_a_reason() {
        for text in [
            "a {",
            "}",
            "a: \"",
            "a",
            "{",
            ": 1",
            "a: [",
            "a <",
            "a { >",
            "a: '\\",
            "a: '\\ud800'",
            "[a",
            "a:",
        ] {
            let last = Items::new(text).last();
            assert!(matches!(last, Some(Err(_))), "{text:?}: {last:?}");
        }
        let found = Items::new("a: 1\nb {\n c: ,\n}").last();
        assert_eq!(found.unwrap().unwrap_err().line, 4);
        assert!(Items::new(&"a {".repeat(1_000_000)).last().unwrap().is_err());
        assert!(Items::new(&"a: [".repeat(1_000_000)).last().unwrap().is_err());
    }

    proptest! {
        #[test]
        fn any_text_ends_and_braces_balance(text in "[a-c:{}<>\\[\\]\"'\\\\,# \n0-9äxuU]{0,80}") {
            let mut depth = 0_i32;
            let mut count = 0;
            let mut failed = false;
            for item in Items::new(&text) {
                count += 1;
                match item {
                    Ok(Item::Open(_)) => depth += 1,
                    Ok(Item::Close) => depth -= 1,
                    Ok(Item::Value(..)) => {}
                    Err(_) => failed = true,
                }
                prop_assert!(depth >= 0);
            }
            prop_assert!(failed || depth == 0);
            prop_assert!(count <= text.len() + 1);
        }
    }
}
