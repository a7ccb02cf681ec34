//! Explanations of inputs as one array: how they are written, summed up and told.

use glassboard_model::Array;
use glassboard_report::NpzFile;
use glassboard_worker::explain::Explained;
use ndarray::Axis;
use serde_json::{Map, Value, json};

use super::Args;

/// The arrays, one entry a row or a class on the first axis. Nothing in it depends on the clock.
pub(super) fn npz(all: &[Explained]) -> anyhow::Result<Vec<u8>> {
    let mut file = NpzFile::default();
    let mut stack = |name: &str, get: &dyn Fn(&Explained) -> Array| -> anyhow::Result<()> {
        let arrays: Vec<Array> = all.iter().map(get).collect();
        let views: Vec<_> = arrays.iter().map(|a| a.view()).collect();
        let joined = ndarray::concatenate(Axis(0), &views)?;
        let flat: Vec<f32> = joined.iter().copied().collect();
        Ok(file.f32(name, joined.shape(), &flat)?)
    };
    stack("attribution", &|one| one.attribution.clone())?;
    stack("input", &|one| one.x.clone())?;
    stack("prediction", &|one| {
        ndarray::aview1(&one.prediction)
            .insert_axis(Axis(0))
            .into_dyn()
            .to_owned()
    })?;
    if let Some(one) = all.first() {
        file.f32("baseline", one.x.shape(), &one.baseline)?;
    }
    let targets: Vec<i64> = all.iter().map(|one| one.target as i64).collect();
    file.i64("target", &[targets.len()], &targets)?;
    let mut meta: Vec<Value> = all.iter().map(|one| one.answer.clone()).collect();
    meta.iter_mut().filter_map(Value::as_object_mut).for_each(|answer| {
        answer.remove("seconds");
    });
    let meta = if meta.len() == 1 {
        meta.remove(0)
    } else {
        Value::Array(meta)
    };
    file.text("meta", &meta.to_string())?;
    Ok(file.finish()?)
}

/// The object of `--json`.
pub(super) fn summary(all: &[Explained], args: &Args) -> Value {
    let Some(first) = all.first() else { return Value::Null };
    let total = |part: &str| {
        all.iter()
            .filter_map(|one| one.answer["passes"][part].as_u64())
            .sum::<u64>()
    };
    let seconds: f64 = all.iter().filter_map(|one| one.answer["seconds"].as_f64()).sum();
    let one_target = all.iter().all(|one| one.target == first.target);
    let same_row = all.iter().all(|one| one.answer["row"] == first.answer["row"]);
    json!({
        "method": first.answer["method"],
        "params": first.answer["params"],
        "target": if one_target { json!(first.target) } else { json!(all.iter().map(|one| one.target).collect::<Vec<_>>()) },
        "target_label": first.answer["target_label"],
        "prediction": if same_row { json!(first.prediction) } else { json!(all.iter().map(|one| &one.prediction).collect::<Vec<_>>()) },
        "probability": if same_row { first.answer["probability"].clone() } else { Value::Null },
        "passes": { "forward": total("forward"), "backward": total("backward") },
        "seconds": seconds,
        "evidence": measures(all),
        "sentences": if all.len() == 1 { first.answer["sentences"].clone() } else { Value::Null },
        "seed": args.seed,
        "on": args.on,
        "baseline": args.baseline,
        "shape": first.answer["shape"],
        "rows": all.len(),
        "model_hash": first.answer["model_hash"],
        "engine_version": first.answer["engine_version"],
        "instruction_set": first.answer["instruction_set"],
        "out": args.out,
        "report": args.report,
    })
}

/// Each measurement as one number, the mean over rows.
fn measures(all: &[Explained]) -> Value {
    let mut out = Map::new();
    let mut put = |name: &str, get: &dyn Fn(&Value) -> Option<f64>| {
        let found: Vec<f64> = all.iter().filter_map(|one| get(&one.answer)).collect();
        if !found.is_empty() {
            out.insert(name.to_owned(), json!(found.iter().sum::<f64>() / found.len() as f64));
        }
    };
    put("completeness_gap", &|answer| answer["completeness_gap"].as_f64());
    let randomised = |answer: &Value| answer["evidence"]["randomisation"].clone();
    put("mprt", &|answer| {
        randomised(answer)["mprt"]["similarity"].as_array()?.last()?.as_f64()
    });
    put("smooth_mprt", &|answer| {
        randomised(answer)["mprt"]["smooth"].as_array()?.last()?.as_f64()
    });
    put("efficient_mprt", &|answer| {
        randomised(answer)["mprt"]["entropy_rise"].as_f64()
    });
    put("random_logit", &|answer| {
        randomised(answer)["random_logit"]["similarity"].as_f64()
    });
    for curve in ["deletion", "insertion"] {
        put(&format!("{curve}_auc"), &|answer| {
            answer["evidence"][curve]["auc"].as_f64()
        });
        put(&format!("{curve}_random_auc"), &|answer| {
            mean(&answer["evidence"][curve]["random_auc"])
        });
        put(&format!("{curve}_better_than_random"), &|answer| {
            let own = answer["evidence"][curve]["auc"].as_f64()?;
            let others = answer["evidence"][curve]["random_auc"].as_array()?;
            let better = |other: f64| if curve == "deletion" { own < other } else { own > other };
            let count = others
                .iter()
                .filter_map(Value::as_f64)
                .filter(|other| better(*other))
                .count();
            (!others.is_empty()).then(|| count as f64 / others.len() as f64)
        });
    }
    Value::Object(out)
}

fn mean(list: &Value) -> Option<f64> {
    let list: Vec<f64> = list.as_array()?.iter().filter_map(Value::as_f64).collect();
    (!list.is_empty()).then(|| list.iter().sum::<f64>() / list.len() as f64)
}

/// A few lines for people.
pub(super) fn tell(all: &[Explained], args: &Args) {
    for one in all {
        let answer = &one.answer;
        let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
        println!(
            "{} of target {} ({}), row {}",
            text("title"),
            one.target,
            text("target_label"),
            answer["row"]
        );
        if let Some(p) = answer["probability"][one.target].as_f64() {
            println!("  probability {p:.4}, output {:.4}", one.prediction[one.target]);
        } else {
            println!("  output {:.4}", one.prediction[one.target]);
        }
        for (name, value) in strongest(one) {
            println!("  {value:+.4}  {name}");
        }
        for sentence in answer["sentences"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            println!("  {sentence}");
        }
        println!(
            "  {} forward and {} backward passes",
            answer["passes"]["forward"], answer["passes"]["backward"]
        );
    }
    for path in [&args.out, &args.report].into_iter().flatten() {
        println!("  written to {}", path.display());
    }
}

/// The ten features of a row with the largest attribution; none for pictures.
fn strongest(one: &Explained) -> Vec<(String, f32)> {
    if one.attribution.ndim() != 2 {
        return Vec::new();
    }
    let names = one.answer["feature_names"].as_array();
    let name = |i: usize| {
        names
            .and_then(|n| n.get(i)?.as_str())
            .map_or_else(|| format!("feature {i}"), str::to_owned)
    };
    let mut ranked: Vec<(String, f32)> = one.attribution.iter().enumerate().map(|(i, v)| (name(i), *v)).collect();
    ranked.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    ranked.truncate(10);
    ranked
}
