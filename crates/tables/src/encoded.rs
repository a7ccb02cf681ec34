//! A model that is asked in the table's own units.

use glassboard_model::{
    Array, Gradient, InputSpec, LayerGradient, LinearModel, Model, ModelError, Propagated, Propagation, Target,
    TreeEnsemble, ValueInfo, View,
};
use ndarray::{Array2, ArrayView2, Axis, Ix2};

use crate::encoder::Encoder;

/// `model` behind `encoder`: its rows are features in the table's units, in the order of [`Encoder::sources`].
pub struct Encoded<'a> {
    model: &'a dyn Model,
    encoder: &'a Encoder,
    inputs: Vec<InputSpec>,
}

impl<'a> Encoded<'a> {
    /// Puts `encoder` before `model`.
    pub fn new(model: &'a dyn Model, encoder: &'a Encoder) -> Self {
        let name = model.inputs().first().map(|input| input.name.clone());
        let inputs = vec![InputSpec {
            name: name.unwrap_or_else(|| "rows".to_owned()),
            shape: vec![None, Some(encoder.features())],
        }];
        Self { model, encoder, inputs }
    }

    /// The model behind the encoder; its rows are [`Encoder::encode`]'s.
    pub fn inner(&self) -> &'a dyn Model {
        self.model
    }

    /// What is between the table and the model.
    pub fn encoder(&self) -> &'a Encoder {
        self.encoder
    }

    #[expect(clippy::needless_pass_by_value, reason = "a view is a value")]
    fn encode(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, ModelError> {
        self.encoder
            .encode(rows)
            .map_err(|error| ModelError::Input(error.to_string()))
    }

    /// What is by the unit of an encoded column, by that of the table's.
    fn by_column(&self, rows: &mut Array) {
        for (mut column, divisor) in rows.axis_iter_mut(Axis(1)).zip(self.encoder.divisors()) {
            column.mapv_inplace(|v| (f64::from(v) / divisor) as f32);
        }
    }

    fn encoded(&self, x: &View<'_>) -> Result<Array2<f64>, ModelError> {
        let rows = x.mapv(f64::from).into_dimensionality::<Ix2>();
        let rows = rows.map_err(|_| ModelError::Input("a table's rows have two axes".to_owned()))?;
        self.encode(rows.view())
    }
}

fn no_derivative() -> ModelError {
    ModelError::Unsupported(
        "the model takes categories, which have no derivative; choose a method without gradients".to_owned(),
    )
}

impl Model for Encoded<'_> {
    fn inputs(&self) -> &[InputSpec] {
        &self.inputs
    }

    fn outputs(&self) -> &[String] {
        self.model.outputs()
    }

    fn values(&self) -> Vec<ValueInfo> {
        self.model.values()
    }

    fn notes(&self) -> Vec<String> {
        self.model.notes()
    }

    fn rows_per_pass(&self, _: &[usize]) -> usize {
        self.model.rows_per_pass(&[self.encoder.width()])
    }

    fn forward(&self, x: &View<'_>, output: Option<&str>) -> Result<Array, ModelError> {
        let answer = self.model.forward_rows(self.encoded(x)?.view(), output)?;
        Ok(answer.mapv(|v| v as f32).into_dyn())
    }

    fn capture(&self, x: &View<'_>, layers: &[&str]) -> Result<Vec<Array>, ModelError> {
        let rows = self.encoded(x)?.mapv(|v| v as f32).into_dyn();
        self.model.capture(&rows.view(), layers)
    }

    fn gradient(&self, x: &View<'_>, target: &Target) -> Result<Gradient, ModelError> {
        if !self.encoder.is_smooth() {
            return Err(no_derivative());
        }
        let rows = self.encoded(x)?.mapv(|v| v as f32).into_dyn();
        let mut found = self.model.gradient(&rows.view(), target)?;
        self.by_column(&mut found.gradient);
        Ok(found)
    }

    fn layer_gradient(&self, x: &View<'_>, layer: &str, target: &Target) -> Result<LayerGradient, ModelError> {
        let rows = self.encoded(x)?.mapv(|v| v as f32).into_dyn();
        self.model.layer_gradient(&rows.view(), layer, target)
    }

    fn propagate(
        &self,
        x: &View<'_>,
        reference: Option<&View<'_>>,
        target: &Target,
        way: &dyn Propagation,
        at: Option<&str>,
    ) -> Result<Propagated, ModelError> {
        if !self.encoder.is_smooth() {
            return Err(no_derivative());
        }
        let encoded = |x: &View<'_>| Ok(self.encoded(x)?.mapv(|v| v as f32).into_dyn());
        let (x, reference) = (encoded(x)?, reference.map(encoded).transpose()?);
        let reference = reference.as_ref().map(|rows| rows.view());
        let mut found = self.model.propagate(&x.view(), reference.as_ref(), target, way, at)?;
        if at.is_none() && way.by_unit() {
            self.by_column(&mut found.arrived);
        }
        Ok(found)
    }

    fn forward_rows(&self, rows: ArrayView2<'_, f64>, output: Option<&str>) -> Result<Array2<f64>, ModelError> {
        self.model.forward_rows(self.encode(rows)?.view(), output)
    }

    /// Only where the encoding changes nothing; elsewhere ask [`Encoded::inner`] with encoded rows, and add its
    /// attributions up by [`Encoder::columns_of`].
    fn trees(&self) -> Option<&TreeEnsemble> {
        self.model.trees().filter(|_| self.encoder.is_identity())
    }

    fn linear(&self) -> Option<&LinearModel> {
        self.model.linear().filter(|_| self.encoder.is_identity())
    }
}
