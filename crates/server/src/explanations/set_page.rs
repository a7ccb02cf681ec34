//! The pages of a model over a whole table: all rows, dependence, interactions, cohorts, errors, performance.

use askama::Template;
use glassboard_report::Arrays;
use glassboard_store::{AnswerRow, InputRow, MANY_ROWS, ModelDetail};
use serde_json::Value;

use crate::models::{chosen, parity};
use crate::page::{Place, Shell, Tab, html};
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::text;

/// A page over all rows: its path, its name, its title.
struct View {
    path: &'static str,
    tab: &'static str,
    title: &'static str,
    /// What it tells.
    about: &'static str,
    /// Methods whose finished answers are told before any script runs, the last first.
    methods: &'static [&'static str],
}

/// Methods that give each row its attributions.
const ATTRIBUTIONS: &[&str] = &[
    "tree_shap",
    "linear_shap",
    "permutation_shap",
    "kernel_shap",
    "sampling_shap",
];

const VIEWS: [View; 6] = [
    View {
        path: "global",
        tab: "All rows",
        title: "All rows",
        about: "Which features move the model's output, how much and in which direction, over every row of the table.",
        methods: ATTRIBUTIONS,
    },
    View {
        path: "dependence",
        tab: "Dependence",
        title: "Dependence",
        about: "What one feature does to the output over its values, and which other feature changes that.",
        methods: &["partial_dependence", "accumulated_local_effects"],
    },
    View {
        path: "interactions",
        tab: "Interactions",
        title: "Interactions",
        about: "Which pairs of features act together: more than each on its own.",
        methods: &["tree_shap_interactions"],
    },
    View {
        path: "cohorts",
        tab: "Cohorts",
        title: "Cohorts",
        about: "Groups of rows side by side: what the model says of them, how often it is right, and what it looks at.",
        methods: &["cohorts"],
    },
    View {
        path: "errors",
        tab: "Errors",
        title: "Errors",
        about: "The rows on which the model is most wrong, and the slices of the table where its errors gather.",
        methods: &["error_slices"],
    },
    View {
        path: "performance",
        tab: "Performance",
        title: "Performance",
        about: "How often the model is right, how far its probabilities can be believed, and what another threshold would change.",
        methods: &["performance"],
    },
];

/// Paths and names of the pages, in the order of the tabs.
pub fn tabs() -> impl Iterator<Item = (&'static str, &'static str)> {
    VIEWS.iter().map(|view| (view.tab, view.path))
}

/// Whether `path` is a page over all rows.
pub fn is_view(path: &str) -> bool {
    VIEWS.iter().any(|view| view.path == path)
}

/// A finished answer, told in the page itself.
struct Told {
    title: String,
    target: String,
    sentences: Vec<String>,
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
    report: String,
}

#[derive(Template)]
#[template(path = "explain/set.html")]
struct SetPage {
    shell: Shell,
    slug: String,
    input_slug: String,
    model: String,
    model_href: String,
    input: String,
    input_href: String,
    /// How many, as it is written.
    rows: String,
    checkpoint: String,
    view: &'static str,
    title: &'static str,
    about: &'static str,
    tabs: Vec<Tab>,
    told: Vec<Told>,
    /// What the model's comparison with given outputs says, and whether it is bad news.
    parity: Option<(bool, String)>,
}

/// The page `path` of `input` under the model; `tabs` are those of all pages of the pair.
pub async fn page(
    app: &AppState,
    shell: Shell,
    detail: &ModelDetail,
    input: &InputRow,
    path: &str,
    checkpoint: Option<String>,
    tabs: Vec<Tab>,
) -> Answer {
    let Some(view) = VIEWS.iter().find(|view| view.path == path) else {
        return Err(Problem::not_found(format!("An explanation has no page `{path}`.")));
    };
    let (slug, input_slug) = (text::encode(&detail.model.slug), text::encode(&input.slug));
    let title = format!("{}, {}", view.title, input.name);
    let shell = shell
        .at(Place::Explain, title.clone(), "set")
        .crumb("Explain", "/explain")
        .crumb(detail.model.name.clone(), &format!("/explain/{slug}"))
        .here(title);
    let answers = app
        .store()
        .explanations(app.actor(), Some(&detail.model.slug), Some(&input.slug))
        .await?;
    let mut told: Vec<Told> = Vec::new();
    let mut methods = Vec::new();
    for row in answers.iter().filter(|a| a.state == "done" && a.row == MANY_ROWS) {
        let answer = super::whole(row)?;
        let method = answer["method"].as_str().unwrap_or("").to_owned();
        // One answer a method, the newest: the list has the newest first.
        if view.methods.contains(&method.as_str()) && !methods.contains(&method) {
            told.push(tell(app, row, &answer).await?);
            methods.push(method);
        }
    }
    let chosen = chosen(detail, checkpoint.as_deref())?.id;
    let compared = parity::of(app, chosen, detail.model.preprocess.as_deref()).await?;
    html(&SetPage {
        parity: parity::banner(&compared),
        model: detail.model.name.clone(),
        model_href: app.url(&format!("/models/{slug}")),
        input: input.name.clone(),
        input_href: app.url(&format!("/inputs/{input_slug}")),
        rows: text::count(input.rows, "row"),
        checkpoint: checkpoint.unwrap_or_default(),
        view: view.path,
        title: view.title,
        about: view.about,
        shell,
        slug,
        input_slug,
        tabs,
        told,
    })
}

async fn tell(app: &AppState, row: &AnswerRow, answer: &Value) -> Answer<Told> {
    let (heads, rows) = match (answer["method"].as_str(), row.array_hash.as_deref()) {
        (Some("performance"), _) => figures(answer),
        (Some("cohorts"), _) => cohorts(answer),
        (Some("error_slices"), _) => slices(answer),
        (Some(method), Some(hash)) if ATTRIBUTIONS.contains(&method) => {
            let bytes = app.store().read_blob(hash).await?;
            let answer = answer.clone();
            // Means over every row: not on the threads that answer.
            let work = move || Ok::<_, Problem>(effects(&answer, &Arrays::read(&bytes).map_err(Problem::internal)?));
            tokio::task::spawn_blocking(work).await.map_err(Problem::internal)??
        }
        _ => (Vec::new(), Vec::new()),
    };
    Ok(Told {
        title: answer["title"].as_str().unwrap_or("").to_owned(),
        target: answer["target_label"].as_str().unwrap_or("the output").to_owned(),
        sentences: strings(&answer["sentences"]),
        heads: heads.into_iter().map(str::to_owned).collect(),
        rows,
        report: app.url(&format!("/api/v1/explanations/{}/report", row.id)),
    })
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

type Table = (Vec<&'static str>, Vec<Vec<String>>);

/// Features shown of an answer: the rest is a click away.
const MOST: usize = 12;

/// Features by mean |effect|.
fn effects(answer: &Value, arrays: &Arrays) -> Table {
    let names = strings(&answer["feature_names"]);
    let Some(attribution) = arrays.get("attribution") else {
        return (Vec::new(), Vec::new());
    };
    let width = names.len().max(1);
    let count = (attribution.values.len() / width).max(1) as f64;
    let mut sums = vec![(0.0f64, 0.0f64); names.len()];
    for line in attribution.values.chunks_exact(width) {
        for (sum, value) in sums.iter_mut().zip(line) {
            sum.0 += value.abs();
            sum.1 = sum.1.max(value.abs());
        }
    }
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by(|&a, &b| sums[b].0.total_cmp(&sums[a].0).then(a.cmp(&b)));
    let rows = order.into_iter().take(MOST).map(|j| {
        vec![
            names[j].clone(),
            format!("{:.4}", sums[j].0 / count),
            format!("{:.4}", sums[j].1),
        ]
    });
    (vec!["Feature", "Mean |effect|", "Largest |effect|"], rows.collect())
}

fn number(value: &Value) -> String {
    value.as_f64().map_or_else(|| "–".to_owned(), |v| format!("{v:.4}"))
}

fn whole(value: &Value) -> String {
    value.as_f64().map_or_else(|| "–".to_owned(), |v| format!("{v:.0}"))
}

fn figures(answer: &Value) -> Table {
    let rows = answer["found"]["figures"].as_object().into_iter().flatten();
    let rows = rows.map(|(name, value)| vec![name.replace('_', " "), number(value)]);
    (vec!["Figure", "Value"], rows.collect())
}

fn cohorts(answer: &Value) -> Table {
    let mut rows = Vec::new();
    for cohort in answer["found"]["cohorts"].as_array().into_iter().flatten() {
        for figure in cohort["figures"].as_array().into_iter().flatten() {
            rows.push(vec![
                cohort["query"].as_str().unwrap_or("").to_owned(),
                whole(&cohort["rows"]),
                figure["figure"].as_str().unwrap_or("").replace('_', " "),
                number(&figure["value"]),
                format!(
                    "{} ({} to {})",
                    number(&figure["difference"]),
                    number(&figure["difference_low"]),
                    number(&figure["difference_high"])
                ),
            ]);
        }
    }
    (
        vec!["Cohort", "Rows", "Figure", "Value", "Difference from the rest"],
        rows,
    )
}

fn slices(answer: &Value) -> Table {
    let rows = answer["found"]["slices"].as_array().into_iter().flatten().take(MOST);
    let rows = rows.map(|slice| {
        vec![
            slice["query"].as_str().unwrap_or("").to_owned(),
            whole(&slice["rows"]),
            number(&slice["mean_loss"]),
            number(&slice["rest"]),
            number(&slice["effect"]),
            number(&slice["adjusted_p"]),
        ]
    });
    (
        vec!["Slice", "Rows", "Mean loss", "Elsewhere", "Effect", "Corrected p"],
        rows.collect(),
    )
}
