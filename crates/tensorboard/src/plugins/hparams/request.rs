//! What is asked, in protobuf's JSON: names in either spelling, enums as words or numbers.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::super::Asked;
use crate::ReadError;
use crate::data::Result;

/// Of `experiment`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ExperimentRequest {
    #[serde(alias = "includeMetrics")]
    pub include_metrics: Option<bool>,
    #[serde(alias = "hparamsLimit")]
    pub hparams_limit: Option<usize>,
}

/// Of `session_groups`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct GroupsRequest {
    #[serde(alias = "allowedStatuses")]
    pub allowed_statuses: Vec<Word>,
    #[serde(alias = "colParams")]
    pub col_params: Vec<Column>,
    #[serde(alias = "aggregationType")]
    pub aggregation_type: Option<Word>,
    #[serde(alias = "aggregationMetric")]
    pub aggregation_metric: Metric,
    #[serde(alias = "startIndex")]
    pub start_index: usize,
    #[serde(alias = "sliceSize")]
    pub slice_size: usize,
    #[serde(alias = "includeMetrics")]
    pub include_metrics: Option<bool>,
}

/// Of `metric_evals`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EvalsRequest {
    #[serde(alias = "sessionName")]
    pub session_name: String,
    #[serde(alias = "metricName")]
    pub metric_name: Metric,
}

/// Where a metric is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Metric {
    pub group: String,
    pub tag: String,
}

/// A column: what it shows, how it sorts and filters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Column {
    pub metric: Option<Metric>,
    pub hparam: Option<String>,
    pub order: Option<Word>,
    #[serde(alias = "missingValuesFirst")]
    pub missing_values_first: bool,
    #[serde(alias = "filterRegexp")]
    pub filter_regexp: Option<String>,
    #[serde(alias = "filterInterval")]
    pub filter_interval: Option<Bounds>,
    #[serde(alias = "filterDiscrete")]
    pub filter_discrete: Option<Vec<Json>>,
    #[serde(alias = "excludeMissingValues")]
    pub exclude_missing_values: bool,
    #[serde(alias = "includeInResult")]
    pub include_in_result: Option<bool>,
}

/// From here to there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Bounds {
    #[serde(alias = "minValue")]
    min_value: Json,
    #[serde(alias = "maxValue")]
    max_value: Json,
}

impl Bounds {
    pub fn holds(&self, value: f64) -> bool {
        let bound = |bound: &Json| match bound {
            Json::String(word) if word == "-Infinity" => f64::NEG_INFINITY,
            Json::String(word) if word == "Infinity" => f64::INFINITY,
            Json::String(word) => word.parse().unwrap_or(f64::NAN),
            other => other.as_f64().unwrap_or(0.0),
        };
        bound(&self.min_value) <= value && value <= bound(&self.max_value)
    }
}

/// A value of an enum.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Word {
    Number(i32),
    Name(String),
}

impl Word {
    /// Its number among these names.
    pub fn number(&self, names: &[&str]) -> Result<i32> {
        match self {
            Self::Number(number) => Ok(*number),
            Self::Name(name) => names
                .iter()
                .position(|one| one == name)
                .map(|index| index as i32)
                .ok_or_else(|| ReadError::Invalid(format!("There is no {name:?}: {} are known.", names.join(", ")))),
        }
    }
}

/// The body of a POST, or the query's `request`.
pub fn parse<T: DeserializeOwned>(asked: &Asked) -> Result<T> {
    let text = match asked.get("request") {
        Some(text) if asked.body.is_empty() => text.as_bytes(),
        _ => &asked.body,
    };
    serde_json::from_slice(text).map_err(|error| ReadError::Invalid(format!("The request is not understood: {error}.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_and_both_kinds_of_enums_are_understood() {
        let asked = |body: &str| Asked {
            body: body.as_bytes().to_vec(),
            ..Asked::default()
        };
        let names = ["ORDER_UNSPECIFIED", "ORDER_ASC", "ORDER_DESC"];
        for body in [
            r#"{"colParams":[{"hparam":"lr","order":"ORDER_DESC","filterInterval":{"minValue":"-Infinity","maxValue":1}}],"sliceSize":3}"#,
            r#"{"col_params":[{"hparam":"lr","order":2,"filter_interval":{"min_value":-1e308,"max_value":1}}],"slice_size":3}"#,
        ] {
            let request: GroupsRequest = parse(&asked(body)).expect("a request");
            let column = &request.col_params[0];
            assert_eq!(request.slice_size, 3);
            assert_eq!(
                column.order.as_ref().map(|word| word.number(&names).ok()),
                Some(Some(2))
            );
            let bounds = column.filter_interval.as_ref().expect("bounds");
            assert!(bounds.holds(-5.0) && bounds.holds(1.0) && !bounds.holds(1.1));
        }
        assert!(parse::<GroupsRequest>(&asked("")).is_err());
        assert!(Word::Name("UP".to_owned()).number(&names).is_err());
    }
}
