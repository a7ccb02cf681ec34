//! A page of the table: the query is parsed, the rows it asks for found, ordered and cut.

use std::cmp::Ordering;

use glassboard_query::{Name, Worth, matches, name, parse};
use glassboard_store::logs::{Kind, RunRecord};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::columns::{self, FIELDS, Known, Of, shown, worth, written};
use crate::problem::{Answer, Problem};
use crate::runs::metric::{main_tag_of, smaller_is_better};
use crate::state::AppState;

/// Rows of a page of the table, unless asked otherwise, and at most.
const ROWS: usize = 200;
const MOST_ROWS: usize = 5000;
const MOST_COLUMNS: usize = 60;
/// Columns where nobody chose: hyperparameters that differ, and metrics.
const HPARAMS: usize = 4;
const METRICS: usize = 4;
/// Characters of notes a row carries.
const NOTES: usize = 300;

/// What is asked: the keys of the page's address, and of the API's.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct Asked {
    #[serde(default, alias = "q")]
    pub query: String,
    #[serde(default)]
    pub sort: String,
    #[serde(default, alias = "cols")]
    pub columns: String,
    pub page: Option<usize>,
    pub size: Option<usize>,
    /// `1`: archived runs too.
    pub archived: Option<String>,
    pub format: Option<String>,
}

/// A column.
#[derive(Debug, Clone, Serialize)]
pub struct Column {
    /// As it is written in addresses and queries.
    pub key: String,
    pub title: String,
    /// `field`, `hparam` or `metric`.
    pub kind: &'static str,
    /// Its cells are numbers.
    pub numeric: bool,
    /// `low` or `high` for a metric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub better: Option<&'static str>,
    /// The best of all rows that match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best: Option<f64>,
    #[serde(skip)]
    pub of: Option<Of>,
}

/// A cell as the page writes it.
#[derive(Debug, Clone)]
pub struct Cell {
    pub text: String,
    pub numeric: bool,
    pub best: bool,
}

/// Where a query goes wrong.
#[derive(Debug, Clone, Serialize)]
pub struct Fault {
    pub column: usize,
    pub length: usize,
    pub message: String,
}

/// What is answered.
pub struct Table {
    pub known: Known,
    pub columns: Vec<Column>,
    pub rows: Vec<RunRecord>,
    /// Runs that may be asked for, and that match.
    pub total: usize,
    pub matching: usize,
    pub page: usize,
    pub size: usize,
    pub fault: Option<Fault>,
    pub sort: String,
    now: f64,
}

/// Answers; a query that is wrong is a fault in the answer, with every row: the page marks it.
pub async fn answer(app: &AppState, experiment: &str, asked: &Asked) -> Answer<Table> {
    let (store, actor) = (app.store(), app.actor());
    let mut known = Known {
        metrics: store.scalar_tags(&actor, experiment).await?,
        ..Known::default()
    };
    // What `add_hparams` writes for itself is no metric.
    known.metrics.retain(|tag| !tag.starts_with("_hparams_/"));
    let (expr, mut fault) = match parse(&asked.query) {
        Ok(expr) => (expr, None),
        Err(error) => {
            let fault = Fault {
                column: error.column,
                length: error.length,
                message: error.message,
            };
            (None, Some(fault))
        }
    };
    let (down, sort) = asked
        .sort
        .strip_prefix('-')
        .map_or((false, asked.sort.as_str()), |rest| (true, rest));
    let bad = |what: &str, error: glassboard_query::QueryError| {
        Problem::bad_request(format!("{what} is not understood: {error}."))
    };
    let sort = match sort {
        "" => None,
        sort => Some(name(sort).map_err(|error| bad("`sort`", error))?),
    };
    let mut chosen = Vec::new();
    for key in split(&asked.columns) {
        chosen.push(name(&key).map_err(|error| bad("`columns`", error))?);
    }
    if chosen.len() > MOST_COLUMNS {
        return Err(Problem::bad_request(format!(
            "A table has at most {MOST_COLUMNS} columns."
        )));
    }
    let defaults = if chosen.is_empty() {
        default_metrics(&known)
    } else {
        Vec::new()
    };
    let query_names = expr.as_ref().map(glassboard_query::Expr::names).unwrap_or_default();
    let mut tags = known.tags(query_names.into_iter().chain(&sort).chain(&chosen));
    tags.extend(
        defaults
            .iter()
            .filter(|tag| !tags.contains(tag))
            .cloned()
            .collect::<Vec<_>>(),
    );
    let mut rows = store.run_records(&actor, experiment, &tags).await?;
    for run in &rows {
        known.hparams.extend(run.hparams.keys().cloned());
    }
    // An archived run is a row where it is asked for, here or in the query.
    let archived = asked.archived.as_deref() == Some("1")
        || expr
            .as_ref()
            .is_some_and(|expr| expr.names().iter().any(|name| name.text == "archived"));
    rows.retain(|run| archived || !run.summary.archived);
    let total = rows.len();
    if let Some(expr) = &expr {
        let unknown = expr
            .names()
            .into_iter()
            .find_map(|name| known.of(name).err().map(|message| (name, message)));
        if let Some((name, message)) = unknown {
            fault = Some(Fault {
                column: name.column,
                length: name.to_string().chars().count(),
                message,
            });
        } else {
            rows.retain(|run| matches(expr, &columns::Asked { known: &known, run }));
        }
    }
    if chosen.is_empty() {
        chosen = default_names(&known, &rows, &defaults);
    }
    let columns = chosen.iter().map(|name| column(name, &known, &rows)).collect();
    if let Some(Ok(of)) = sort.as_ref().map(|sort| known.of(sort)) {
        // Pins hold where nobody chose an order.
        rows.sort_by(|a, b| order(&worth(a, &of), &worth(b, &of), down));
    }
    let matching = rows.len();
    let size = asked.size.unwrap_or(ROWS).clamp(1, MOST_ROWS);
    let page = asked.page.unwrap_or(1).max(1);
    let rows = rows
        .into_iter()
        .skip((page - 1).saturating_mul(size))
        .take(size)
        .collect();
    Ok(Table {
        known,
        columns,
        rows,
        total,
        matching,
        page,
        size,
        fault,
        sort: asked.sort.clone(),
        now: store.now().seconds(),
    })
}

impl Table {
    /// One cell as a page writes it.
    pub fn cell(&self, run: &RunRecord, column: &Column) -> Cell {
        let Some(of) = &column.of else {
            return Cell {
                text: String::new(),
                numeric: false,
                best: false,
            };
        };
        let worth = worth(run, of);
        Cell {
            text: shown(&worth, of, self.now),
            numeric: column.numeric,
            best: column.best.is_some_and(|best| worth == Worth::Number(best)),
        }
    }

    /// As the API answers it.
    pub fn json(&self) -> Value {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|run| {
                let values: Vec<Value> = self
                    .columns
                    .iter()
                    .map(|column| column.of.as_ref().map_or(Value::Null, |of| value(&worth(run, of))))
                    .collect();
                let summary = &run.summary;
                json!({
                    "id": summary.id, "name": summary.title, "folder": summary.name, "running": summary.running,
                    "tags": summary.labels, "archived": summary.archived, "pinned": summary.pinned,
                    "notes": run.notes.chars().take(NOTES).collect::<String>(), "values": values,
                })
            })
            .collect();
        json!({
            "total": self.total, "matching": self.matching, "page": self.page, "size": self.size, "sort": self.sort,
            "columns": self.columns, "rows": rows, "error": self.fault,
            "names": {
                "fields": FIELDS.map(|(name, title)| json!({ "key": name, "title": title })),
                "hparams": self.known.hparams.iter().map(|name| written(name)).collect::<Vec<_>>(),
                "metrics": self.known.metrics.iter().map(|name| written(name)).collect::<Vec<_>>(),
            },
        })
    }
}

/// Keys between commas; a comma inside quotes is a comma, and `%2C` is one too.
fn split(list: &str) -> Vec<String> {
    let (mut keys, mut key, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for c in list.chars() {
        match c {
            ',' if !quoted => keys.push(std::mem::take(&mut key)),
            _ => {
                quoted ^= c == '"' && !escaped;
                key.push(c);
            }
        }
        escaped = c == '\\' && !escaped;
    }
    keys.push(key);
    keys.iter()
        .map(|key| key.trim().replace("%2C", ",").replace("%25", "%"))
        .filter(|key| !key.is_empty())
        .collect()
}

fn column(name: &Name, known: &Known, rows: &[RunRecord]) -> Column {
    let of = known.of(name).ok();
    let better = match &of {
        Some(Of::Metric(tag, _)) => Some(if smaller_is_better(tag) { "low" } else { "high" }),
        _ => None,
    };
    let values = || {
        let of = of.as_ref();
        rows.iter().filter_map(move |run| of.map(|of| worth(run, of)))
    };
    let numbers = || {
        values().filter_map(|worth| match worth {
            Worth::Number(number) if number.is_finite() => Some(number),
            _ => None,
        })
    };
    let best = match better {
        Some("low") => numbers().min_by(f64::total_cmp),
        Some(_) => numbers().max_by(f64::total_cmp),
        None => None,
    };
    let (kind, title) = match &of {
        Some(Of::Field(field)) => {
            let title = FIELDS
                .iter()
                .find(|(name, _)| name == field)
                .map_or(*field, |(_, title)| title);
            ("field", title.to_owned())
        }
        Some(Of::Hparam(name)) => ("hparam", name.clone()),
        Some(Of::Metric(tag, glassboard_query::Part::Last)) => ("metric", tag.clone()),
        Some(Of::Metric(tag, part)) => ("metric", format!("{} {tag}", part.as_str())),
        None => ("unknown", name.text.clone()),
    };
    Column {
        key: name.to_string(),
        title,
        kind,
        numeric: values().any(|worth| matches!(worth, Worth::Number(_))),
        better,
        // Where all are the same, none is the best.
        best: best.filter(|best| numbers().any(|number| number.total_cmp(best).is_ne())),
        of,
    }
}

fn default_metrics(known: &Known) -> Vec<String> {
    let main = main_tag_of(known.metrics.iter().map(|tag| (tag.as_str(), Kind::Scalar)));
    let mut tags: Vec<String> = main.map(str::to_owned).into_iter().collect();
    let telling = |tag: &&String| {
        let name = tag.to_lowercase();
        !name.starts_with("hparam")
            && ["val", "test", "eval", "loss", "acc"]
                .iter()
                .any(|word| name.contains(word))
    };
    for tag in known.metrics.iter().filter(telling) {
        if tags.len() < METRICS && !tags.contains(tag) {
            tags.push(tag.clone());
        }
    }
    tags
}

fn default_names(known: &Known, rows: &[RunRecord], metrics: &[String]) -> Vec<Name> {
    let differs = |name: &&String| {
        let mut values = rows.iter().map(|run| run.hparams.get(*name));
        let first = values.next();
        values.any(|value| Some(value) != first)
    };
    let mut given: Vec<&String> = known.hparams.iter().filter(differs).take(HPARAMS).collect();
    if given.is_empty() {
        given = known.hparams.iter().take(HPARAMS).collect();
    }
    let keys = given.into_iter().chain(metrics).map(|name| written(name));
    let fields = ["started", "duration"].map(str::to_owned);
    keys.chain(fields).filter_map(|key| name(&key).ok()).collect()
}

fn value(worth: &Worth<'_>) -> Value {
    match worth {
        Worth::Nothing => Value::Null,
        Worth::Number(number) if number.is_nan() => json!("NaN"),
        Worth::Number(number) if number.is_infinite() => json!(if *number > 0.0 { "inf" } else { "-inf" }),
        Worth::Number(number) => json!(number),
        Worth::Text(text) => json!(text),
        Worth::Flag(flag) => json!(flag),
        Worth::Several(all) => json!(all),
    }
}

/// Numbers, then texts; what is no number, then nothing, at the end either way.
fn order(a: &Worth<'_>, b: &Worth<'_>, down: bool) -> Ordering {
    let rank = |worth: &Worth<'_>| match worth {
        Worth::Number(number) if number.is_nan() => 2,
        Worth::Number(_) | Worth::Flag(_) => 0,
        Worth::Text(_) => 1,
        Worth::Several(all) => {
            if all.is_empty() {
                3
            } else {
                1
            }
        }
        Worth::Nothing => 3,
    };
    let by_worth = match (a, b) {
        (Worth::Number(a), Worth::Number(b)) => a.total_cmp(b),
        (Worth::Flag(a), Worth::Flag(b)) => a.cmp(b),
        (Worth::Text(a), Worth::Text(b)) => a.to_lowercase().cmp(&b.to_lowercase()),
        (Worth::Several(a), Worth::Several(b)) => a.cmp(b),
        _ => Ordering::Equal,
    };
    rank(a)
        .cmp(&rank(b))
        .then(if down { by_worth.reverse() } else { by_worth })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_cut_at_commas_outside_of_quotes() {
        assert_eq!(
            split(r#"lr,"a,b",min(loss),,x%2Cy"#),
            ["lr", "\"a,b\"", "min(loss)", "x,y"]
        );
        assert_eq!(split(r#""a\",b",c"#), ["\"a\\\",b\"", "c"]);
    }

    #[test]
    fn what_is_missing_comes_last_either_way() {
        let mut all = [
            Worth::Nothing,
            Worth::Number(2.0),
            Worth::Number(f64::NAN),
            Worth::Number(1.0),
        ];
        for (down, first) in [(false, 1.0), (true, 2.0)] {
            all.sort_by(|a, b| order(a, b, down));
            assert_eq!(all[0], Worth::Number(first));
            assert_eq!(all[3], Worth::Nothing);
        }
    }
}
