//! How far a map can be trusted.

use glassboard_explain::evidence::{PicturePlan, Plan, Words, picture_sentences, sentences, weigh, weigh_picture};
use glassboard_explain::{Ask, Runner};
use glassboard_model::Array;
use serde_json::Value;

use super::Query;
use crate::mask::mask;
use crate::trouble::Trouble;

/// Said of a mask that can tell no map from another.
const ALL_OR_NOTHING: &str =
    "The mask marks nothing or everything, so where the map lies was not measured; mark the object alone.";

/// A map that is to be weighed.
pub(super) struct Weighing<'a> {
    pub query: Query<'a>,
    /// The input, read out as a probability where there is one.
    pub ask: &'a Ask<'a>,
    pub plan: Plan,
    pub attribution: &'a Array,
    pub base: &'a [f32],
    /// The picture as people see it.
    pub seen: Option<&'a [f32]>,
    pub names: Words<'a>,
    /// Whether the output is classes, which the sentences speak of.
    pub probable: bool,
}

impl Weighing<'_> {
    /// The measurements, and what they say in words.
    pub fn weighed(self, run: &mut Runner<'_>) -> Result<(Value, Vec<String>), Trouble> {
        let question = self.query.question;
        let json = |found: serde_json::Result<Value>| found.map_err(|e| Trouble::internal(e.to_string()));
        let flat: Vec<f32> = self.attribution.iter().copied().collect();
        let (target, mut said) = (self.names.target, Vec::new());
        run.stage("Evidence", 0.6, 0.75);
        let weighed = weigh(run, self.ask, 0, &flat, self.base, self.plan, question.seed)?;
        if self.probable {
            said.extend(sentences(&weighed, self.names));
        }
        let mut evidence = json(serde_json::to_value(&weighed))?;
        let plan = match self.ask.picture() {
            Some([_, h, w]) => PicturePlan::parse(&question.evidence, h * w)?,
            None => None,
        };
        if let (Some(plan), Some(seen)) = (plan, self.seen) {
            run.stage("Evidence", 0.75, 0.98);
            let inside = question
                .mask
                .as_ref()
                .map(|given| mask(given, self.ask.x))
                .transpose()?
                .filter(|inside| {
                    let told = inside.contains(&true) && inside.contains(&false);
                    if !told {
                        said.push(ALL_OR_NOTHING.to_owned());
                    }
                    told
                });
            let found = weigh_picture(
                run,
                self.ask,
                0,
                &flat,
                Some(seen),
                inside.as_deref(),
                &plan,
                question.seed,
            )?;
            if self.probable {
                said.extend(picture_sentences(&found, target));
            }
            evidence["picture"] = json(serde_json::to_value(&found))?;
        }
        Ok((evidence, said))
    }
}
