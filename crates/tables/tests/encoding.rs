//! Rows of a table as a model takes them.

#![expect(clippy::float_cmp, reason = "codes and scaled numbers are exact here")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use glassboard_model::{
    Array, Gradient, InputSpec, LayerGradient, Model, ModelError, Propagated, Propagation, Recording, Target, View,
};
use glassboard_tables::{
    Encoded, Encoder, Encoding, Feature, FeatureKind, Missing, ModelFeatures, Options, Standardise, Table, Unknown,
    match_features,
};
use ndarray::{Array2, ArrayView2, Axis, array};

const CSV: &[u8] = b"age,job,owner,target\n20,clerk,no,0\n,driver,yes,1\n40,,no,0\n";

fn table() -> Table {
    Table::read(CSV, &Options::default()).unwrap()
}

fn texts(labels: &[&str]) -> Vec<String> {
    labels.iter().map(|s| (*s).to_owned()).collect()
}

#[test]
fn numbers_are_scaled_and_categories_are_spread() {
    let table = table();
    let features = vec![
        Feature {
            encoding: Some(Encoding::OneHot),
            ..Feature::category("job", texts(&["driver", "nurse", "clerk"]))
        },
        Feature {
            standardise: Some(Standardise { mean: 30.0, std: 10.0 }),
            missing: Missing::Mean,
            ..Feature::number("age")
        },
    ];
    let encoder = Encoder::new(&features, &table.schema()).unwrap();
    let rows = table.matrix(encoder.sources());
    let out = encoder.encode(rows.view()).unwrap();
    assert_eq!(
        out,
        array![[0.0, 0.0, 1.0, -1.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
    );
    assert_eq!((encoder.columns_of(0), encoder.columns_of(1)), (0..3, 3..4));
    assert_eq!(encoder.names(), ["job=driver", "job=nurse", "job=clerk", "age"]);
    assert!(!encoder.is_identity() && !encoder.is_smooth());
}

#[test]
fn labels_the_model_does_not_know_are_missing_refused_or_a_number() {
    let table = table();
    let with = |unknown, missing| {
        let feature = Feature {
            unknown,
            missing,
            ..Feature::category("job", texts(&["clerk", "nurse"]))
        };
        let encoder = Encoder::new(&[feature], &table.schema()).unwrap();
        encoder
            .encode(table.matrix(encoder.sources()).view())
            .map(|out| out.column(0).to_vec())
    };
    let kept = with(Unknown::Missing, Missing::Keep).unwrap();
    assert!(kept[0] == 0.0 && kept[1].is_nan() && kept[2].is_nan());
    assert_eq!(
        with(Unknown::Constant(-1.0), Missing::Label("nurse".to_owned())).unwrap(),
        [0.0, -1.0, 1.0]
    );
    assert!(
        with(Unknown::Refuse, Missing::Keep)
            .unwrap_err()
            .to_string()
            .contains("`job`")
    );
}

#[test]
fn names_are_found_by_name_by_dummies_and_by_place() {
    let schema = table().schema();
    let model = ModelFeatures {
        names: texts(&["AGE", "owner_yes", "job_clerk", "job_driver"]),
        ..ModelFeatures::default()
    };
    let found = match_features(&model, &schema).unwrap();
    assert_eq!(found.features[0].column.as_deref(), Some("age"));
    assert_eq!(found.features[1].categories, ["yes"]);
    assert_eq!(found.features[2].categories, ["clerk", "driver"]);
    let encoder = Encoder::new(&found.features, &schema).unwrap();
    let out = encoder.encode(table().matrix(encoder.sources()).view()).unwrap();
    assert_eq!(out.row(0).to_vec(), [20.0, 0.0, 1.0, 0.0]);
    assert_eq!(out.row(1).to_vec()[1..], [1.0, 0.0, 1.0]);

    let counted = ModelFeatures {
        names: texts(&["Column_0", "Column_1", "Column_2"]),
        categories: vec![vec![], texts(&["driver", "clerk"]), vec![]],
        width: Some(3),
    };
    let found = match_features(&counted, &schema).unwrap();
    assert_eq!(found.features[1].column.as_deref(), Some("job"));
    assert_eq!((found.features[2].kind, found.notes.len()), (FeatureKind::Category, 1));
    let lost = ModelFeatures {
        names: texts(&["age", "salary"]),
        ..ModelFeatures::default()
    };
    let why = match_features(&lost, &schema).unwrap_err().to_string();
    assert!(why.contains("no column `salary`"), "{why}");
    let wide = ModelFeatures {
        width: Some(7),
        ..ModelFeatures::default()
    };
    let why = match_features(&wide, &schema).unwrap_err().to_string();
    assert!(
        why.contains("3 columns that may be features, `target` as the answer"),
        "{why}"
    );
}

#[test]
fn codes_of_numbers_are_found_by_number() {
    let table = Table::read(b"a\n3\n1\n2\n", &Options::default()).unwrap();
    let encoder = Encoder::new(&[Feature::category("a", texts(&["1.0", "3"]))], &table.schema()).unwrap();
    let out = encoder.encode(table.matrix(&[0]).view()).unwrap();
    assert!(out[[0, 0]] == 1.0 && out[[1, 0]] == 0.0 && out[[2, 0]].is_nan());
}

#[test]
fn mistakes_are_told() {
    let schema = table().schema();
    let why = |feature: Feature| Encoder::new(&[feature], &schema).unwrap_err().to_string();
    assert!(why(Feature::number("salary")).contains("no column `salary`"));
    assert!(why(Feature::number("job")).contains("holds words"));
    assert!(why(Feature::category("job", vec![])).contains("`categories` is empty"));
    let mean = Feature {
        missing: Missing::Mean,
        ..Feature::number("age")
    };
    assert!(why(mean).contains("`standardise` says none"));
    assert!(why(Feature::category("age", texts(&["x"]))).contains("are words"));
}

/// A way back that is only asked what arrives.
struct Way {
    by_unit: bool,
}

impl Propagation for Way {
    fn by_unit(&self) -> bool {
        self.by_unit
    }
    fn node(&self, _: &dyn Recording, _: usize, _: &[Option<Array>]) -> Result<Option<Vec<Option<Array>>>, ModelError> {
        Ok(None)
    }
}

/// The sum of a row, differentiable.
struct Sum {
    inputs: Vec<InputSpec>,
}

impl Model for Sum {
    fn inputs(&self) -> &[InputSpec] {
        &self.inputs
    }
    fn outputs(&self) -> &[String] {
        &[]
    }
    fn forward(&self, x: &View<'_>, _: Option<&str>) -> Result<Array, ModelError> {
        Ok(x.sum_axis(Axis(1)).insert_axis(Axis(1)))
    }
    fn capture(&self, _: &View<'_>, _: &[&str]) -> Result<Vec<Array>, ModelError> {
        Ok(Vec::new())
    }
    fn gradient(&self, x: &View<'_>, _: &Target) -> Result<Gradient, ModelError> {
        Ok(Gradient {
            values: x.sum_axis(Axis(1)).iter().copied().collect(),
            gradient: Array::ones(x.raw_dim()),
        })
    }
    fn layer_gradient(&self, _: &View<'_>, layer: &str, _: &Target) -> Result<LayerGradient, ModelError> {
        Err(ModelError::NoSuchValue(layer.to_owned()))
    }
    fn propagate(
        &self,
        x: &View<'_>,
        reference: Option<&View<'_>>,
        _: &Target,
        _: &dyn Propagation,
        _: Option<&str>,
    ) -> Result<Propagated, ModelError> {
        let sums = |x: &View<'_>| x.sum_axis(Axis(1)).iter().copied().collect();
        Ok(Propagated {
            scores: sums(x),
            reference_scores: reference.map(sums).unwrap_or_default(),
            arrived: Array::ones(x.raw_dim()),
            shares: Vec::new(),
            stops: Vec::new(),
        })
    }
    fn forward_rows(&self, rows: ArrayView2<'_, f64>, _: Option<&str>) -> Result<Array2<f64>, ModelError> {
        Ok(rows.sum_axis(Axis(1)).insert_axis(Axis(1)))
    }
}

#[test]
fn a_model_is_asked_in_the_tables_units() {
    let schema = table().schema();
    let sum = Sum { inputs: Vec::new() };
    let age = Feature {
        standardise: Some(Standardise { mean: 10.0, std: 4.0 }),
        ..Feature::number("age")
    };
    let encoder = Encoder::new(
        &[age.clone(), Feature::category("job", texts(&["driver", "clerk"]))],
        &schema,
    )
    .unwrap();
    let model = Encoded::new(&sum, &encoder);
    assert_eq!(model.inputs()[0].shape, [None, Some(2)]);
    // (20 - 10) / 4 and the model's code 1 of the table's label 0.
    assert_eq!(
        model.forward_rows(array![[20.0, 0.0]].view(), None).unwrap(),
        array![[3.5]]
    );
    let target = Target {
        output: None,
        space: glassboard_model::OutputSpace::Raw,
        targets: vec![0],
    };
    let x = ndarray::arr2(&[[20.0f32, 0.0]]).into_dyn();
    assert!(matches!(
        model.gradient(&x.view(), &target),
        Err(ModelError::Unsupported(_))
    ));
    let smooth = Encoder::new(&[age], &schema).unwrap();
    let model = Encoded::new(&sum, &smooth);
    let found = model
        .gradient(&ndarray::arr2(&[[20.0f32]]).into_dyn().view(), &target)
        .unwrap();
    assert_eq!((found.values[0], found.gradient[[0, 0]]), (2.5, 0.25));
    // A multiplier is by the unit of the column, a share of the output is not.
    let (row, other) = (
        ndarray::arr2(&[[20.0f32]]).into_dyn(),
        ndarray::arr2(&[[14.0f32]]).into_dyn(),
    );
    for (way, arrived) in [(Way { by_unit: true }, 0.25), (Way { by_unit: false }, 1.0)] {
        let found = model
            .propagate(&row.view(), Some(&other.view()), &target, &way, None)
            .unwrap();
        assert_eq!((found.scores[0], found.reference_scores[0]), (2.5, 1.0));
        assert_eq!(found.arrived[[0, 0]], arrived);
    }
    assert!(Encoder::new(&[Feature::number("age")], &schema).unwrap().is_identity());
}
