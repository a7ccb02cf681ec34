//! What was measured of a picture's map, as tables: each measurement under each baseline, and beside moved maps.

use serde_json::Value;

use crate::numbers::short;

/// A measurement under every baseline.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measured {
    pub name: String,
    pub cells: Vec<Cell>,
    /// What the baselines say together.
    pub verdict: &'static str,
}

/// One figure, and how many moved maps it beats; both are empty where it was not measured.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Cell {
    pub value: String,
    pub beats: String,
}

/// The evidence of a picture.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Measures {
    pub baselines: Vec<String>,
    pub under: Vec<Measured>,
    /// Figures that know no baseline: ROAD, and where the map lies.
    pub others: Vec<Measured>,
}

/// Out of an answer's evidence; none where no picture was weighed.
pub(crate) fn measures(evidence: &Value) -> Option<Measures> {
    let picture = evidence.get("picture").filter(|found| found.is_object())?;
    let under: Vec<&Value> = picture["under"].as_array()?.iter().collect();
    let mut out = Measures {
        baselines: under
            .iter()
            .filter_map(|u| u["baseline"].as_str())
            .map(str::to_owned)
            .collect(),
        ..Measures::default()
    };
    let mut put = |name: String, key: &str, read: &dyn Fn(&Value) -> Value| {
        let cells: Vec<Cell> = under.iter().map(|u| cell(&read(u))).collect();
        if cells.iter().any(|cell| !cell.value.is_empty()) {
            out.under.push(Measured {
                name,
                cells,
                verdict: verdict(picture, key),
            });
        }
    };
    for (key, name) in [
        ("pixel_flipping", "Pixel flipping"),
        ("region_perturbation", "Region perturbation"),
        ("irof", "Segments (IROF)"),
    ] {
        put(name.to_owned(), key, &|u| u[key]["gap"].clone());
    }
    let mut sizes: Vec<u64> = under
        .iter()
        .flat_map(|u| u["sensitivity_n"].as_array().into_iter().flatten())
        .filter_map(|at| at["size"].as_u64())
        .collect();
    sizes.sort_unstable();
    sizes.dedup();
    // What is said of sensitivity-n together is said of the middle size.
    let middle = sizes.get(sizes.len() / 2).copied();
    for size in sizes {
        let key = if Some(size) == middle { "sensitivity_n" } else { "" };
        put(format!("Sensitivity-n, {size} pixels"), key, &|u| {
            let at = u["sensitivity_n"]
                .as_array()
                .into_iter()
                .flatten()
                .find(|at| at["size"] == size);
            at.map_or(Value::Null, |at| at["correlation"].clone())
        });
    }
    put(
        "Faithfulness correlation".to_owned(),
        "faithfulness_correlation",
        &|u| u["faithfulness_correlation"].clone(),
    );
    let road = picture["road"].as_array().into_iter().flatten();
    out.others.extend(road.map(|at| Measured {
        name: format!("ROAD, {:.0} % removed", 100.0 * at["fraction"].as_f64().unwrap_or(0.0)),
        cells: vec![cell(&at["gap"])],
        verdict: "",
    }));
    for (key, name) in [
        ("pointing_game", "Pointing game: the highest pixel lies inside the mask"),
        (
            "relevance_rank_accuracy",
            "Highest pixels, as many as the mask has, inside",
        ),
        ("relevance_mass_accuracy", "Attribution inside over the whole"),
        ("attribution_localisation", "Positive attribution inside"),
        ("localisation_auc", "Area under the ROC curve of inside and outside"),
    ] {
        let cells = vec![cell(&picture["localisation"][key])];
        if !cells[0].value.is_empty() {
            out.others.push(Measured {
                name: name.to_owned(),
                cells,
                verdict: "",
            });
        }
    }
    Some(out)
}

fn cell(score: &Value) -> Cell {
    let Some(value) = score["value"].as_f64() else {
        return Cell::default();
    };
    let moved = score["random"].as_array().map_or(0, Vec::len);
    Cell {
        value: short(value),
        beats: if moved > 0 {
            format!("beats {} of {moved}", score["beaten"])
        } else {
            String::new()
        },
    }
}

fn verdict(picture: &Value, measurement: &str) -> &'static str {
    let claims = picture["claims"].as_array().into_iter().flatten();
    let said = claims
        .filter(|claim| claim["measurement"] == measurement)
        .find_map(|claim| claim["verdict"].as_str());
    match said {
        Some("holds") => "beats moved maps",
        Some("depends_on_the_baseline") => "depends on the baseline",
        Some(_) => "not shown",
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn figures_stand_under_their_baselines() {
        let gap =
            |value: f64, beaten: u64| json!({ "gap": { "value": value, "random": [0.1, 0.2], "beaten": beaten } });
        let evidence = json!({ "picture": {
            "under": [
                { "baseline": "zeros", "pixel_flipping": gap(0.5, 2), "sensitivity_n": [{ "size": 20, "correlation": { "value": null, "random": [], "beaten": 0 } }] },
                { "baseline": "blur", "pixel_flipping": gap(0.05, 0), "sensitivity_n": [] },
            ],
            "road": [{ "fraction": 0.1, "gap": { "value": 0.25, "random": [], "beaten": 0 } }],
            "claims": [{ "measurement": "pixel_flipping", "verdict": "depends_on_the_baseline" }],
        } });
        let got = measures(&evidence).unwrap();
        assert_eq!(got.baselines, ["zeros", "blur"]);
        assert_eq!(got.under.len(), 1, "what nobody measured has no line");
        let flips = &got.under[0];
        assert_eq!(
            (
                flips.verdict,
                flips.cells[0].beats.as_str(),
                flips.cells[1].value.as_str()
            ),
            ("depends on the baseline", "beats 2 of 2", "0.05")
        );
        assert_eq!(
            (got.others[0].name.as_str(), got.others[0].cells[0].value.as_str()),
            ("ROAD, 10 % removed", "0.25")
        );
        assert!(measures(&json!({})).is_none());
    }
}
