//! How the weights of two checkpoints differ.

use glassboard_checkpoints::{Changes, Checkpoint, Reach, changes};
use glassboard_jobs::spec::Source;
use serde_json::{Value, json};

use crate::context::Context;
use crate::native;
use crate::scan::OnDisk;
use crate::trouble::Trouble;

/// The result of `JobSpec::Weights`.
pub(crate) fn weights(context: &Context<'_>, a: &Source, b: &Source) -> Result<Value, Trouble> {
    let (a, b) = (OnDisk::of(context, a)?, OnDisk::of(context, b)?);
    for file in [&a, &b] {
        if native::open(&file.path)?.is_some() {
            return Err(Trouble::unsupported(
                "a model of trees has no tensors of weights that could be compared",
            ));
        }
    }
    let open = |file: &OnDisk| Checkpoint::open(&file.path, Reach::Upload);
    let mut last = 0.0;
    let found = changes(&open(&a)?, &open(&b)?, |done| {
        if done - last >= 0.02 {
            last = done;
            context.progress(done, "Comparing weights");
        }
        context.cancelled()
    })?;
    let said = said(&found);
    let mut answer = serde_json::to_value(found).map_err(|error| Trouble::internal(error.to_string()))?;
    answer["sentences"] = json!(said);
    Ok(answer)
}

/// What was measured, in words.
fn said(found: &Changes) -> Vec<String> {
    let mut said = Vec::new();
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    match (found.relative, found.cosine) {
        _ if found.tensors.is_empty() => {
            said.push("No tensor has the same name and shape in both, so no weights are compared.".to_owned());
        }
        (Some(relative), Some(cosine)) => said.push(format!(
            "Over {} of {} parameters, ‖B − A‖ is {relative:.3} of ‖A‖, and the cosine of the two is {cosine:.4}.",
            count(found.tensors.len(), "tensor"),
            found.parameters
        )),
        _ => said.push(
            "A holds zeros alone, or NaN or infinity is among the weights: the change of the whole has no number."
                .to_owned(),
        ),
    }
    let apart = [
        (found.only_a.len(), "in A alone"),
        (found.only_b.len(), "in B alone"),
        (found.reshaped.len(), "in two shapes"),
    ];
    let apart: Vec<String> = apart
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{} {what}", count(*n, "tensor")))
        .collect();
    if !apart.is_empty() {
        said.push(format!("Not compared: {}.", apart.join(", ")));
    }
    said
}
