//! Tokens to an expression. Precedence is three functions; what they are for is the sentence of an error.

use regex::RegexBuilder;

use crate::ast::{Compare, Expr, Literal, Name, Part};
use crate::lex::{At, Token, error, lex};
use crate::{LONGEST, QueryError, date};

/// Deepest nesting of parentheses and `not`.
const DEEPEST: usize = 60;
/// Most comparisons.
const MOST: usize = 200;

/// Reads a query; `None` where there is nothing but spaces.
pub fn parse(text: &str) -> Result<Option<Expr>, QueryError> {
    let mut parser = Parser::new(text)?;
    if parser.tokens.is_empty() {
        return Ok(None);
    }
    let expr = parser.any_of()?;
    match parser.peek() {
        None => Ok(Some(expr)),
        Some(At {
            token: Token::Close, ..
        }) => Err(parser.here("this parenthesis closes nothing")),
        Some(At {
            token: Token::Compare(_),
            ..
        }) => Err(parser.here("one comparison at a time; join them with `and`")),
        Some(_) => Err(parser.here("`and` or `or` is missing before this")),
    }
}

/// Reads one name, as a column or an order is given: `lr`, `min(val/loss)`, `"odd name"`.
pub fn name(text: &str) -> Result<Name, QueryError> {
    let mut parser = Parser::new(text)?;
    let name = parser.name()?;
    match parser.peek() {
        None => Ok(name),
        Some(_) => Err(parser.here("only one name stands here; put odd names in double quotes")),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<At>,
    next: usize,
    depth: usize,
    tests: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Self, QueryError> {
        if text.len() > LONGEST {
            return Err(error(text, 0, 0, format!("a query is at most {LONGEST} bytes long")));
        }
        Ok(Self {
            text,
            tokens: lex(text)?,
            next: 0,
            depth: 0,
            tests: 0,
        })
    }

    fn peek(&self) -> Option<&At> {
        self.tokens.get(self.next)
    }

    /// An error at the next token, or at the end.
    fn here(&self, message: impl Into<String>) -> QueryError {
        let end = self.text.trim_end().len();
        let (from, to) = self.peek().map_or((end, end), |at| (at.from, at.to));
        error(self.text, from, to, message)
    }

    /// An error at the token before.
    fn there(&self, message: impl Into<String>) -> QueryError {
        let at = &self.tokens[self.next.saturating_sub(1)];
        error(self.text, at.from, at.to, message)
    }

    fn keyword(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(At { token: Token::Word(w), .. }) if w.eq_ignore_ascii_case(word));
        self.next += usize::from(found);
        found
    }

    fn takes(&mut self, token: &Token) -> bool {
        let found = self.peek().is_some_and(|at| at.token == *token);
        self.next += usize::from(found);
        found
    }

    fn any_of(&mut self) -> Result<Expr, QueryError> {
        let mut expr = self.all_of()?;
        while self.keyword("or") {
            expr = Expr::Or(Box::new(expr), Box::new(self.all_of()?));
        }
        Ok(expr)
    }

    fn all_of(&mut self) -> Result<Expr, QueryError> {
        let mut expr = self.one()?;
        while self.keyword("and") {
            expr = Expr::And(Box::new(expr), Box::new(self.one()?));
        }
        Ok(expr)
    }

    fn one(&mut self) -> Result<Expr, QueryError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.here(format!("a query is nested at most {DEEPEST} deep")));
        }
        let expr = if self.keyword("not") {
            Expr::Not(Box::new(self.one()?))
        } else if self.takes(&Token::Open) {
            let opened = self.next;
            let inner = self.any_of()?;
            if !self.takes(&Token::Close) {
                if self.peek().is_none() {
                    self.next = opened;
                    return Err(self.there("this parenthesis is not closed"));
                }
                return Err(self.here("`and`, `or` or a closing parenthesis is missing before this"));
            }
            inner
        } else {
            self.test()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn test(&mut self) -> Result<Expr, QueryError> {
        self.tests += 1;
        if self.tests > MOST {
            return Err(self.here(format!("a query has at most {MOST} comparisons")));
        }
        let name = self.name()?;
        let Some(At {
            token: Token::Compare(compare),
            ..
        }) = self.peek()
        else {
            return Ok(Expr::Has(name));
        };
        let compare = *compare;
        self.next += 1;
        let literal = self.literal(compare)?;
        Ok(Expr::Test(name, compare, literal))
    }

    fn name(&mut self) -> Result<Name, QueryError> {
        let from = self.peek().map_or(0, |at| at.from);
        let column = self.text[..from].chars().count() + 1;
        let (text, quoted) = self.name_text()?;
        let part = [Part::Last, Part::Min, Part::Max]
            .into_iter()
            .find(|part| !quoted && part.as_str().eq_ignore_ascii_case(&text));
        if let Some(part) = part
            && self.takes(&Token::Open)
        {
            let (text, quoted) = self.name_text()?;
            if !self.takes(&Token::Close) {
                return Err(self.here(format!("`{}(` needs a closing parenthesis here", part.as_str())));
            }
            return Ok(Name {
                text,
                part: Some(part),
                quoted,
                column,
            });
        }
        if matches!(self.peek(), Some(At { token: Token::Open, .. })) {
            return Err(self.there(format!("there is no function `{text}`; there are last, min and max")));
        }
        Ok(Name {
            text,
            part: None,
            quoted,
            column,
        })
    }

    fn name_text(&mut self) -> Result<(String, bool), QueryError> {
        let found = match self.peek().map(|at| &at.token) {
            Some(Token::Word(word)) if ["and", "or", "not"].iter().any(|k| word.eq_ignore_ascii_case(k)) => {
                return Err(self.here(format!("a name is missing before `{word}`")));
            }
            Some(Token::Word(word)) => (word.clone(), false),
            Some(Token::Quoted(text)) if text.is_empty() => return Err(self.here("this name is empty")),
            Some(Token::Quoted(text)) => (text.clone(), true),
            Some(Token::Compare(_)) => return Err(self.here("a name is missing before this comparison")),
            Some(Token::Open) => return Err(self.here("a name is missing before this parenthesis")),
            Some(Token::Close) => return Err(self.here("a comparison is missing before this parenthesis")),
            None if self.tokens.is_empty() => return Err(self.here("a name is missing")),
            None => return Err(self.here("the query ends where a comparison is missing")),
        };
        self.next += 1;
        Ok(found)
    }

    fn literal(&mut self, compare: Compare) -> Result<Literal, QueryError> {
        let (text, quoted) = match self.peek().map(|at| &at.token) {
            Some(Token::Word(word)) => (word.clone(), false),
            Some(Token::Quoted(text)) => (text.clone(), true),
            _ => return Err(self.here(format!("a value is missing after `{}`", compare.as_str()))),
        };
        self.next += 1;
        if matches!(compare, Compare::Like | Compare::Unlike) {
            let pattern = RegexBuilder::new(&text)
                .case_insensitive(true)
                .size_limit(1 << 20)
                .dfa_size_limit(1 << 20)
                .build();
            return pattern.map(Literal::Pattern).map_err(|fault| {
                let fault = fault.to_string();
                let last = fault.lines().last().unwrap_or_default().trim_start_matches("error: ");
                self.there(format!("this is no regular expression ({last})"))
            });
        }
        if quoted {
            return Ok(Literal::Text(text));
        }
        if let Ok(number) = text.parse::<f64>() {
            return Ok(Literal::Number(number, text));
        }
        if let Some(span) = date::span(&text) {
            return Ok(Literal::Time(span, text));
        }
        let orders = !matches!(compare, Compare::Is | Compare::IsNot);
        if orders {
            return Err(self.there(format!(
                "`{}` compares numbers or days, and `{text}` is neither; a day is written 2026-01-31",
                compare.as_str()
            )));
        }
        Ok(Literal::Text(text))
    }
}
