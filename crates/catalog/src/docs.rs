//! The users' pages of the methods, one a family, written from the entries.

use crate::entry::{Entry, Family};

impl Family {
    /// Every family, in the order a page shows them.
    pub const ALL: [Self; 16] = [
        Self::Gradient,
        Self::Path,
        Self::Propagation,
        Self::ClassActivation,
        Self::Perturbation,
        Self::Layer,
        Self::Shapley,
        Self::Trees,
        Self::LocalSurrogate,
        Self::Examples,
        Self::Effect,
        Self::Importance,
        Self::Surrogate,
        Self::Performance,
        Self::Concept,
        Self::Attention,
    ];

    /// Name of its page in `docs/methods`, without `.md`.
    pub const fn page(self) -> &'static str {
        match self {
            Self::Gradient => "gradient",
            Self::Path => "path",
            Self::Propagation => "propagation",
            Self::ClassActivation => "class-activation",
            Self::Perturbation => "perturbation",
            Self::Layer => "layer",
            Self::Shapley => "shapley",
            Self::Trees => "trees",
            Self::LocalSurrogate => "local-surrogate",
            Self::Examples => "examples",
            Self::Effect => "effect",
            Self::Importance => "importance",
            Self::Surrogate => "surrogate",
            Self::Performance => "performance",
            Self::Concept => "concept",
            Self::Attention => "attention",
        }
    }

    /// Its heading, and what its methods have in common.
    const fn about(self) -> (&'static str, &'static str) {
        match self {
            Self::Gradient => ("Gradients", "From the slope of the output at the input."),
            Self::Path => (
                "Path methods",
                "From slopes along a path between a baseline and the input.",
            ),
            Self::Propagation => (
                "Backward rules",
                "From the output back to the input, node by node, by rules in the place of the derivative.",
            ),
            Self::ClassActivation => (
                "Class activation maps",
                "From a convolution's maps, weighted by what they do to the output.",
            ),
            Self::Perturbation => (
                "Perturbation",
                "From what happens to the output when parts of the input are taken away.",
            ),
            Self::Layer => ("Layers", "Values inside the network rather than at its input."),
            Self::Shapley => (
                "Shapley values",
                "Shares of the output that are fair in the sense of Shapley: they add up, equals get equal shares, what does nothing gets none.",
            ),
            Self::Trees => (
                "Trees",
                "Shapley values from the structure of decision trees, exact and fast.",
            ),
            Self::LocalSurrogate => ("Local surrogates", "A simple model fitted around one row."),
            Self::Examples => (
                "Rules and other rows",
                "What would keep the answer, and what would change it.",
            ),
            Self::Effect => ("Effects", "How the output moves with a feature over a data set."),
            Self::Importance => ("Importance", "How much each feature matters over a data set."),
            Self::Surrogate => (
                "Surrogates",
                "A simple model that stands for the whole, with its fidelity.",
            ),
            Self::Performance => (
                "Performance",
                "How well the model does on rows whose answer is known, and where it does not.",
            ),
            Self::Concept => (
                "Concepts and training rows",
                "What the model learnt: concepts that are shown by examples, and the rows it was trained on.",
            ),
            Self::Attention => (
                "Attention",
                "From the weights with which the tokens of a sentence look at each other.",
            ),
        }
    }
}

/// The page of `family` in Markdown; empty where no method belongs to it.
pub fn page(family: Family) -> String {
    let methods: Vec<&Entry> = crate::all_methods().filter(|entry| entry.family == family).collect();
    if methods.is_empty() {
        return String::new();
    }
    let (title, about) = family.about();
    let mut out = format!(
        "# {title}\n\n{about}\n\nThis page is written from the catalogue: `cargo run -p glassboard-catalog --example docs`.\n"
    );
    for entry in methods {
        out += &format!("\n## {}\n\n`{}`. {}\n\n", entry.title, entry.name, entry.summary);
        out += &format!(
            "- **Use it when** {}\n- **Not when** {}\n",
            lower(entry.when),
            lower(entry.not_when)
        );
        out += &format!("- **Cost** {} passes\n", entry.cost);
        if let Some(paper) = &entry.paper {
            out += &format!("- **Paper** {}, *{}*, {}\n", paper.authors, paper.title, paper.id);
        }
        if let Some(notice) = entry.notice {
            out += &format!("- **Know** {}\n", lower(notice));
        }
        if !entry.parameters.is_empty() {
            out += "\n| parameter | default | meaning |\n|---|---|---|\n";
            for parameter in entry.parameters {
                let default = match serde_json::Value::from(parameter.default) {
                    serde_json::Value::Null => "chosen".to_owned(),
                    serde_json::Value::String(text) => text,
                    other => other.to_string(),
                };
                let help = parameter.help.replace('|', "\\|");
                out += &format!("| `{}` | {default} | {help} |\n", parameter.name);
            }
        }
    }
    out
}

/// A sentence that goes on after a word: names and abbreviations keep their capitals.
fn lower(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let (Some(first), second) = (letters.next(), letters.clone().next()) else {
        return String::new();
    };
    if second.is_some_and(|c| c.is_lowercase() || c == ' ') && !sentence.starts_with("I ") && !proper(sentence) {
        format!("{}{}", first.to_lowercase(), letters.as_str())
    } else {
        sentence.to_owned()
    }
}

fn proper(sentence: &str) -> bool {
    ["Grad", "Shapley", "Kernel", "Tree", "Lime", "Captum"]
        .iter()
        .any(|name| sentence.starts_with(name))
}
