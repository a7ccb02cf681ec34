//! What a query says.

use std::fmt;

use crate::Span;

/// What of a metric a name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// Its last value: what a bare name means.
    Last,
    /// Its lowest.
    Min,
    /// Its highest.
    Max,
}

impl Part {
    /// The word before the parenthesis.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::Min => "min",
            Self::Max => "max",
        }
    }
}

/// A field, a hyperparameter or a metric, by name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// As it is called.
    pub text: String,
    /// Which value of a metric; `None` where no function was written.
    pub part: Option<Part>,
    /// Written in quotes: never a field.
    pub quoted: bool,
    /// The character at which it stands, counted from 1.
    pub column: usize,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `=`
    Is,
    /// `!=`
    IsNot,
    /// `~`: a regular expression is found in it.
    Like,
    /// `!~`
    Unlike,
}

impl Compare {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
            Self::Is => "=",
            Self::IsNot => "!=",
            Self::Like => "~",
            Self::Unlike => "!~",
        }
    }
}

/// The value on the right.
#[derive(Debug, Clone)]
pub enum Literal {
    /// A number, and how it was written: a text may be compared with `10`.
    Number(f64, String),
    /// A stretch of time, and how it was written.
    Time(Span, String),
    /// A text.
    Text(String),
    /// A regular expression, compiled once.
    Pattern(regex::Regex),
}

/// A query.
#[derive(Debug, Clone)]
pub enum Expr {
    /// Both.
    And(Box<Expr>, Box<Expr>),
    /// Either.
    Or(Box<Expr>, Box<Expr>),
    /// The contrary.
    Not(Box<Expr>),
    /// The name has a value.
    Has(Name),
    /// A comparison.
    Test(Name, Compare, Literal),
}

impl Expr {
    /// Every name in it.
    pub fn names(&self) -> Vec<&Name> {
        let mut found = Vec::new();
        self.gather(&mut found);
        found
    }

    fn gather<'a>(&'a self, found: &mut Vec<&'a Name>) {
        match self {
            Self::And(a, b) | Self::Or(a, b) => {
                a.gather(found);
                b.gather(found);
            }
            Self::Not(inner) => inner.gather(found),
            Self::Has(name) | Self::Test(name, _, _) => found.push(name),
        }
    }
}

fn quote(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(part) = self.part {
            write!(f, "{}(", part.as_str())?;
        }
        if self.quoted {
            quote(f, &self.text)?;
        } else {
            f.write_str(&self.text)?;
        }
        f.write_str(if self.part.is_some() { ")" } else { "" })
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(_, written) | Self::Time(_, written) => f.write_str(written),
            Self::Text(text) => quote(f, text),
            Self::Pattern(pattern) => quote(f, pattern.as_str()),
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(a, b) => write!(f, "({a} and {b})"),
            Self::Or(a, b) => write!(f, "({a} or {b})"),
            Self::Not(inner) => write!(f, "not {inner}"),
            Self::Has(name) => write!(f, "{name}"),
            Self::Test(name, compare, literal) => write!(f, "{name} {} {literal}", compare.as_str()),
        }
    }
}
