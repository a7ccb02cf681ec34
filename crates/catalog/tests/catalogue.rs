//! What every entry must satisfy, and what users read when they get a parameter wrong.

use std::collections::HashSet;

use glassboard_catalog::{
    Facts, Kind, Scope, all_methods, applies, default_method, evidence, find, parse_assignment, validate,
};
use serde_json::{Map, Value, json};

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else {
        panic!("not an object")
    };
    map
}

#[test]
fn names_are_unique_and_defaults_are_valid() {
    let mut seen = HashSet::new();
    for entry in all_methods() {
        assert!(seen.insert(entry.name), "{} twice", entry.name);
        let full = validate(entry.name, &Map::new()).unwrap();
        assert_eq!(full.len(), entry.parameters.len());
        assert_eq!(
            validate(entry.name, &full).unwrap(),
            full,
            "defaults of {} pass their own check",
            entry.name
        );
        let schema = entry.schema();
        for parameter in entry.parameters {
            assert_eq!(schema["properties"][parameter.name]["default"], full[parameter.name]);
        }
        let json = serde_json::to_value(entry).unwrap();
        for key in [
            "name",
            "title",
            "family",
            "summary",
            "needs",
            "parameters",
            "cost",
            "paper",
        ] {
            assert!(json.get(key).is_some(), "{} has {key}", entry.name);
        }
    }
}

#[test]
fn wrong_parameters_get_a_sentence() {
    let say = |method: &str, params: Value| validate(method, &object(params)).unwrap_err().to_string();
    assert_eq!(
        say("integrated_gradients", json!({"n_steps": 0})),
        "parameter `n_steps` of integrated_gradients must be a whole number from 1 to 1000, not 0"
    );
    assert_eq!(
        say("grad_cam", json!({"interpolation": "cubic"})),
        "parameter `interpolation` of grad_cam must be one of bilinear, nearest, not \"cubic\""
    );
    assert_eq!(
        say("gradient", json!({"abs": true})),
        "gradient has no parameter `abs`; it takes none"
    );
    assert!(say("lime", json!({})).starts_with("there is no method `lime`; known: saliency"));
    assert_eq!(
        say("saliency", json!({"abs": 1})),
        "parameter `abs` of saliency must be true or false, not 1"
    );
}

#[test]
fn a_whole_float_is_an_integer_and_null_is_the_default() {
    let full = validate(
        "integrated_gradients",
        &object(json!({"n_steps": 20.0, "method": null})),
    )
    .unwrap();
    assert_eq!(Value::Object(full), json!({"n_steps": 20, "method": "gausslegendre"}));
}

#[test]
fn assignments_take_the_type_of_the_parameter() {
    assert_eq!(
        parse_assignment("saliency", "abs=false").unwrap(),
        ("abs".into(), json!(false))
    );
    assert_eq!(
        parse_assignment("grad_cam", "layer=12").unwrap(),
        ("layer".into(), json!("12"))
    );
    assert!(parse_assignment("grad_cam", "relu").is_err());
    assert!(parse_assignment("rise", "p=2").is_err());
}

#[test]
fn what_cannot_apply_says_why() {
    let trees = Facts::from_ops(Kind::Tabular, ["Cast", "TreeEnsembleClassifier"]);
    let why = applies(find("saliency").unwrap(), &trees).unwrap_err();
    assert_eq!(
        why,
        "needs gradients: this model is a tree ensemble (TreeEnsembleClassifier)"
    );
    assert!(applies(find("feature_ablation").unwrap(), &trees).is_ok());
    assert_eq!(default_method(&trees).0, "feature_ablation");

    let mlp = Facts::from_ops(Kind::Tabular, ["Gemm", "Relu"]);
    assert!(
        applies(find("grad_cam").unwrap(), &mlp)
            .unwrap_err()
            .starts_with("needs a picture")
    );
    assert!(
        applies(find("expected_gradients").unwrap(), &mlp)
            .unwrap_err()
            .starts_with("needs background rows")
    );
    let nothing = Facts::from_ops(Kind::Unknown, []);
    assert!(
        applies(find("occlusion").unwrap(), &nothing)
            .unwrap_err()
            .starts_with("needs a graph")
    );
}

#[test]
fn sentences_have_methods_of_their_own() {
    let tokens = Facts::from_ops(Kind::Text, ["Gather", "MatMul", "Softmax"]);
    for entry in Scope::Text.methods() {
        applies(entry, &tokens).unwrap();
    }
    let why = |name: &str, facts: &Facts| applies(find(name).unwrap(), facts).unwrap_err();
    assert_eq!(
        why("occlusion", &tokens),
        "needs a picture or a row of numbers: this model reads tokens"
    );
    let fused = Facts::from_ops(Kind::Text, ["Gather", "Attention"]);
    assert!(why("attention_rollout", &fused).starts_with("needs attention weights"));
    applies(find("token_occlusion").unwrap(), &fused).unwrap();
    let picture = Facts::from_ops(Kind::Image, ["Conv"]);
    assert!(why("lime_text", &picture).starts_with("needs a sentence"));
}

#[test]
fn rows_of_a_table_are_offered_what_fits_the_model() {
    let table = |ops: &[&str], change: fn(&mut Facts)| {
        let mut facts = Facts::from_ops(Kind::Tabular, ops.iter().copied());
        facts.background = true;
        facts.features = Some(30);
        change(&mut facts);
        let (name, reason) = default_method(&facts);
        applies(find(name).unwrap(), &facts).unwrap();
        assert!(!reason.is_empty());
        name
    };
    assert_eq!(table(&["TreeEnsemble"], |f| f.trees = true), "tree_shap");
    assert_eq!(table(&["LinearRegressor"], |f| f.linear = true), "linear_shap");
    assert_eq!(table(&["Gemm", "Relu"], |f| f.features = Some(6)), "exact_shapley");
    assert_eq!(table(&["Gemm", "Relu"], |_| {}), "integrated_gradients");
    // Trees beside other operators are no ensemble of trees and nothing else.
    assert_eq!(table(&["Scaler", "TreeEnsembleClassifier"], |_| {}), "kernel_shap");
}

#[test]
fn the_default_method_applies() {
    for kind in [Kind::Image, Kind::Tabular, Kind::Text, Kind::Unknown] {
        for ops in [vec!["Conv"], vec!["Gemm"], vec!["TreeEnsembleRegressor"]] {
            let facts = Facts::from_ops(kind, ops);
            applies(find(default_method(&facts).0).unwrap(), &facts).unwrap();
        }
    }
}

#[test]
fn every_measurement_says_what_it_is() {
    let mut seen = HashSet::new();
    for metric in evidence() {
        assert!(seen.insert(metric.name), "{} twice", metric.name);
        for text in [
            metric.title,
            metric.summary,
            metric.reading,
            metric.caution,
            metric.cost,
            metric.paper.id,
        ] {
            assert!(!text.is_empty(), "{} leaves something out", metric.name);
        }
        for sentence in [metric.summary, metric.reading, metric.caution] {
            assert!(sentence.ends_with('.'), "{}: {sentence}", metric.name);
        }
    }
    let json = serde_json::to_value(evidence()).unwrap();
    assert_eq!(json[0]["better"], "zero");
    assert_eq!(json[0]["paper"]["id"], "arXiv:1703.01365");
}

#[test]
fn the_page_of_evidence_says_what_the_entries_say() {
    let page = include_str!("../../../docs/evidence.md");
    for metric in evidence() {
        assert!(
            page.contains(&format!("### {} (`{}`)", metric.title, metric.name)),
            "{}",
            metric.name
        );
        for text in [
            metric.summary,
            metric.reading,
            metric.caution,
            metric.cost,
            metric.paper.id,
        ] {
            assert!(
                page.contains(text),
                "docs/evidence.md does not have, of {}: {text}",
                metric.name
            );
        }
    }
}

#[test]
fn the_pages_of_the_methods_are_what_the_entries_say() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/methods");
    for family in glassboard_catalog::Family::ALL {
        let page = glassboard_catalog::docs::page(family);
        let path = folder.join(format!("{}.md", family.page()));
        if page.is_empty() {
            assert!(!path.exists(), "{} has no method", path.display());
        } else {
            let written = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                written == page,
                "{} is behind: cargo run -p glassboard-catalog --example docs",
                path.display()
            );
        }
    }
}

/// What README says of the number of methods is counted here.
#[test]
fn readme_counts_the_methods() {
    let readme = include_str!("../../../README.md");
    let count = |scope: Scope| scope.methods().len();
    let all = format!("{} methods in the catalogue", glassboard_catalog::all_methods().count());
    let kinds = format!(
        "{} for inputs, {} for layers, {} for rows, {} for data sets, {} for sentences, {} over sets of inputs",
        count(Scope::Input),
        count(Scope::Layer),
        count(Scope::Row),
        count(Scope::Set),
        count(Scope::Text),
        count(Scope::Sets)
    );
    for said in [all, kinds] {
        assert!(readme.contains(&said), "README.md does not say: {said}");
    }
}
