//! Text to tokens, each with the place where it stands.

use winnow::Parser as _;
use winnow::ascii::multispace0;
use winnow::combinator::{alt, delimited, dispatch, empty, fail, preceded, repeat, terminated};
use winnow::error::EmptyError;
use winnow::stream::{LocatingSlice, Location as _, Stream as _};
use winnow::token::{any, none_of, take_while};

use crate::{Compare, QueryError};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    /// A name, a number, a date, a keyword: what it is, its place decides.
    Word(String),
    Quoted(String),
    Compare(Compare),
    Open,
    Close,
}

/// A token and the bytes it stands on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct At {
    pub token: Token,
    pub from: usize,
    pub to: usize,
}

type Input<'a> = LocatingSlice<&'a str>;
type Found<T> = Result<T, EmptyError>;

/// What names of tags are made of, without quotes.
fn in_word(c: char) -> bool {
    c.is_alphanumeric() || "_./:+-@%#$*?&[]{}".contains(c)
}

fn compare(input: &mut Input<'_>) -> Found<Compare> {
    alt((
        "<=".value(Compare::AtMost),
        ">=".value(Compare::AtLeast),
        "==".value(Compare::Is),
        "!=".value(Compare::IsNot),
        "!~".value(Compare::Unlike),
        "<".value(Compare::Less),
        ">".value(Compare::More),
        "=".value(Compare::Is),
        "~".value(Compare::Like),
    ))
    .parse_next(input)
}

fn quoted(input: &mut Input<'_>) -> Found<String> {
    // A backslash before anything but a quote or a backslash is itself: expressions are full of them.
    fn piece(input: &mut Input<'_>) -> Found<String> {
        alt((
            preceded(
                '\\',
                dispatch! {any; '"' => empty.value("\""), '\\' => empty.value("\\"), _ => fail},
            )
            .map(str::to_owned),
            none_of('"').map(|c: char| c.to_string()),
        ))
        .parse_next(input)
    }
    let all = repeat(0.., piece).fold(String::new, |mut text: String, piece| {
        text.push_str(&piece);
        text
    });
    delimited('"', all, '"').parse_next(input)
}

fn token(input: &mut Input<'_>) -> Found<Token> {
    alt((
        compare.map(Token::Compare),
        '('.value(Token::Open),
        ')'.value(Token::Close),
        quoted.map(Token::Quoted),
        take_while(1.., in_word).map(|word: &str| Token::Word(word.to_owned())),
    ))
    .parse_next(input)
}

/// Every token of `text`.
pub(crate) fn lex(text: &str) -> Result<Vec<At>, QueryError> {
    let mut input = LocatingSlice::new(text);
    let mut spaced = terminated(token.with_span(), multispace0);
    let _ = multispace0::<_, EmptyError>.parse_next(&mut input);
    let mut tokens = Vec::new();
    while let Some(next) = input.peek_token() {
        let from = input.current_token_start();
        let Ok((token, span)) = spaced.parse_next(&mut input) else {
            let message = match next {
                '"' => "this quote is not closed".to_owned(),
                '\'' => "texts stand in double quotes".to_owned(),
                '!' => "`!` stands in `!=` and `!~` only; the contrary is `not`".to_owned(),
                ',' => "a comma means nothing here; write `and` or `or`".to_owned(),
                other => format!("`{other}` means nothing here; put odd names in double quotes"),
            };
            let to = if next == '"' {
                text.len()
            } else {
                from + next.len_utf8()
            };
            return Err(error(text, from, to, message));
        };
        tokens.push(At {
            token,
            from: span.start,
            to: span.end,
        });
    }
    Ok(tokens)
}

/// An error at bytes of the text, told in characters.
pub(crate) fn error(text: &str, from: usize, to: usize, message: impl Into<String>) -> QueryError {
    QueryError {
        column: text[..from].chars().count() + 1,
        length: text[from..to].chars().count(),
        message: message.into(),
    }
}
