//! The one command that makes the same report again.

use serde_json::{Map, Value};

/// What a command line is made of besides the answer.
#[derive(Debug, Clone, Copy)]
pub struct Command<'a> {
    /// File name of the model as it was given.
    pub model: &'a str,
    /// File name of the weights that were put into the model's graph, where they are not its own.
    pub weights: Option<&'a str>,
    /// File name of the data as it was given.
    pub data: &'a str,
    /// File name of the background, where it is another table.
    pub background: Option<&'a str>,
    /// Whether the preprocessing was given by the user: it then has to be given again.
    pub preprocess: bool,
    /// The files that took part beside the data; none where one of them cannot be named.
    pub company: Option<&'a Company>,
}

/// File names of the sets and checkpoints of an answer that is about several, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Company {
    /// Of `company.members`.
    pub members: Vec<String>,
    /// Of `company.steps`.
    pub steps: Vec<String>,
}

/// How an answer is made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Again {
    /// By this command, beside the files that it names.
    Command(String),
    /// By asking the server this: the command line has no words for it.
    Question(String),
}

/// The command, or the question where something of it has no file or no flag.
pub(crate) fn again(answer: &Value, of: Command<'_>) -> Again {
    let company = &answer["company"];
    let named = of.company.is_some() && {
        let mut members = company["members"].as_array().into_iter().flatten();
        members.all(|member| member["rows"].is_null())
    };
    // Rows of zeros and ones are no file.
    if (named || !company.is_object()) && !answer["mask"].is_array() {
        return Again::Command(command(answer, of));
    }
    let keys = [
        "method", "params", "target", "output", "on", "seed", "row", "rows", "company",
    ];
    let asked = keys.iter().filter(|key| !answer[**key].is_null());
    let question: Map<String, Value> = asked.map(|key| ((*key).to_owned(), answer[*key].clone())).collect();
    Again::Question(serde_json::to_string_pretty(&question).unwrap_or_default())
}

/// `glassboard explain ...` with every answer-deciding choice spelled out.
fn command(answer: &Value, of: Command<'_>) -> String {
    let mut words = vec!["glassboard".to_owned(), "explain".to_owned(), quoted(of.model)];
    let sentence = answer["sentence"].as_str();
    if sentence.is_none() {
        words.push(quoted(of.data));
    }
    let mut flag = |name: &str, value: String| {
        words.push(name.to_owned());
        words.push(quoted(&value));
    };
    if let Some(name) = of.weights {
        flag("--weights", name.to_owned());
    }
    if let Some(sentence) = sentence {
        flag("--text", sentence.to_owned());
        let name = answer["preprocess"]["text"]["name"]
            .as_str()
            .filter(|name| !name.is_empty());
        flag("--tokenizer", name.unwrap_or("vocabulary").to_owned());
    }
    if let Some(method) = answer["method"].as_str() {
        flag("--method", method.to_owned());
    }
    for (name, value) in answer["params"].as_object().into_iter().flatten() {
        match value {
            Value::Null => {}
            Value::String(text) => flag("--param", format!("{name}={text}")),
            other => flag("--param", format!("{name}={other}")),
        }
    }
    if let Some(rows) = answer["rows"].as_object() {
        let count = |key: &str| rows.get(key).and_then(Value::as_u64).unwrap_or(0);
        flag(
            "--rows",
            format!("{}..{}", count("from"), count("from") + count("count")),
        );
    } else if let Some(row) = answer["row"].as_u64().filter(|_| sentence.is_none()) {
        flag("--row", row.to_string());
    }
    if let Some(target) = answer["target"].as_u64() {
        flag("--target-index", target.to_string());
    }
    if let Some(output) = answer["output"].as_str() {
        flag("--output", output.to_owned());
    }
    for (name, key) in [("--on", "on"), ("--evidence", "evidence_level")] {
        if let Some(text) = answer[key].as_str() {
            flag(name, text.to_owned());
        }
    }
    if answer["background"].is_null()
        && sentence.is_none()
        && let Some(baseline) = answer["baseline"].as_str()
    {
        flag("--baseline", baseline.to_owned());
    }
    if let Some(seed) = answer["seed"].as_u64() {
        flag("--seed", seed.to_string());
    }
    if let Some(rows) = answer["background"]["asked"].as_u64() {
        if let Some(name) = of.background {
            flag("--background", name.to_owned());
        }
        flag("--background-rows", rows.to_string());
    }
    for (flag_of, value) in of.company.into_iter().flat_map(|names| company(answer, names)) {
        flag(&flag_of, value);
    }
    if answer["mask"].is_string() {
        flag("--mask", "mask.png".to_owned());
    }
    if answer["table"].is_object() {
        flag("--table", "table.json".to_owned());
    }
    if of.preprocess {
        flag("--preprocess", "preprocess.json".to_owned());
    }
    flag("--report", "report.html".to_owned());
    words.join(" ")
}

/// The flags that name sets and checkpoints.
fn company(answer: &Value, names: &Company) -> Vec<(String, String)> {
    let list = |key: &str| answer["company"][key].as_array().into_iter().flatten();
    let mut out = Vec::new();
    for (member, name) in list("members").zip(&names.members) {
        let role = member["role"].as_str().unwrap_or_default();
        out.push((format!("--{role}"), name.clone()));
        if let Some(filter) = member["filter"].as_str() {
            out.push((format!("--{role}-filter"), filter.to_owned()));
        }
    }
    for (step, name) in list("steps").zip(&names.steps) {
        out.push(("--checkpoint".to_owned(), name.clone()));
        out.push(("--learning-rate".to_owned(), step["rate"].to_string()));
    }
    out
}

/// `text` as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+%@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_sentence_is_written_out() {
        let answer = json!({ "method": "lime_text", "params": {}, "sentence": "it isn't good", "row": 4, "target": 0,
            "baseline": "none", "preprocess": { "text": { "name": "vocab.json" } } });
        let of = Command {
            model: "m.onnx",
            weights: Some("epoch 1.safetensors"),
            data: "reviews",
            background: None,
            preprocess: true,
            company: None,
        };
        assert_eq!(
            command(&answer, of),
            "glassboard explain m.onnx --weights 'epoch 1.safetensors' --text 'it isn'\\''t good' --tokenizer vocab.json --method lime_text --target-index 0 \
             --preprocess preprocess.json --report report.html"
        );
    }

    #[test]
    fn sets_and_checkpoints_are_named_or_the_question_is_told() {
        let answer = json!({ "method": "tcav", "params": {}, "rows": { "from": 0, "count": 9 }, "company": {
            "members": [{ "role": "concept", "set": "a", "filter": "age > 70" }, { "role": "random", "set": "b" }],
            "steps": [{ "model": "c", "rate": 0.5 }] } });
        let company = Company {
            members: vec!["old.csv".to_owned(), "all.csv".to_owned()],
            steps: vec!["1.onnx".to_owned()],
        };
        let mut of = Command {
            model: "m.onnx",
            weights: None,
            data: "x.csv",
            background: None,
            preprocess: false,
            company: Some(&company),
        };
        assert_eq!(
            again(&answer, of),
            Again::Command(
                "glassboard explain m.onnx x.csv --method tcav --rows 0..9 --concept old.csv --concept-filter 'age > 70' \
                 --random all.csv --checkpoint 1.onnx --learning-rate 0.5 --report report.html"
                    .to_owned()
            )
        );
        of.company = None;
        assert!(matches!(again(&answer, of), Again::Question(text) if text.contains("age > 70")));
    }

    #[test]
    fn every_choice_is_spelled_out_and_quoted() {
        let answer = json!({ "method": "kernel_shap", "params": { "samples": 2048, "l1": null, "link": "logit" }, "row": 3,
            "target": 1, "on": "prob", "seed": 7, "background": { "asked": 100 }, "baseline": "zeros", "evidence_level": "cheap",
            "table": { "target": "default" } });
        let of = Command {
            model: "credit risk.json",
            weights: None,
            data: "it's.csv",
            background: None,
            preprocess: true,
            company: None,
        };
        assert_eq!(
            command(&answer, of),
            "glassboard explain 'credit risk.json' 'it'\\''s.csv' --method kernel_shap --param link=logit --param samples=2048 \
             --row 3 --target-index 1 --on prob --evidence cheap --seed 7 --background-rows 100 --table table.json --preprocess preprocess.json \
             --report report.html"
        );
    }
}
