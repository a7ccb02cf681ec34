//! Every measurement of one row's attribution, under each baseline.

use ndarray::ArrayView2;
use serde::Serialize;

use super::baselines::RowBaseline;
use super::compared::{Better, RowCurve, Scored, above, inverted, inverted_magnitudes, shuffled};
use super::plan::RowPlan;
use super::removal::{Moved, removal};
use super::verdict::Claim;
use crate::evidence::agreement::{Agreement, agreement};
use crate::evidence::completeness::Completeness;
use crate::evidence::comprehensiveness::{BINS, aopc, counts, drops};
use crate::evidence::curve::{Direction, curves};
use crate::evidence::exchange::{Exchange, RowExchange, changes, ends};
use crate::evidence::faithfulness_correlation::{sets_of, usual_size};
use crate::evidence::infidelity::{infidelity, random_sets, said};
use crate::evidence::max_sensitivity::{Again, Sensitivity, max_sensitivity, moved_rows, spreads};
use crate::evidence::monotonicity::{announced, rising};
use crate::evidence::statistics::{descending_order, pearson, same as same_value};
use crate::evidence::{Normalise, complexity, effective_complexity, monotonicity_correlation, sparseness};
use crate::{AskRows, ExplainError, Runner};

/// Magnitudes up to this share of the largest do not count as taking part.
const TAKES_PART: f64 = 1e-5;

/// The attribution of the same row by another method.
#[derive(Debug, Clone, Copy)]
pub struct Other<'a> {
    /// Its name.
    pub method: &'a str,
    /// One value a column.
    pub attribution: &'a [f64],
}

/// What is weighed.
pub struct Judged<'a> {
    /// One value a column; positive where the feature speaks for a higher explained number.
    pub attribution: &'a [f64],
    /// What the attributions start from, where the method promises that base and attributions add up.
    pub base: Option<f64>,
    /// Whether an attribution is a share of the explained number (Shapley, ablation), not a slope or a rank.
    pub shares: bool,
    /// Other methods' attributions of the row.
    pub others: &'a [Other<'a>],
    /// The method, to run again on moved rows, and the background that says how far a column spreads.
    pub again: Option<(Again<'a>, ArrayView2<'a, f64>)>,
}

/// The evidence for one row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowEvidence {
    /// How many features there are.
    pub parts: usize,
    /// How features are ranked for the curves, and for what is taken away at once.
    pub ranking: Ranking,
    /// The explained number of the row.
    pub value: f64,
    /// Whether the attribution adds up; for methods that promise it.
    pub completeness: Option<Completeness>,
    /// Gini coefficient of the magnitudes.
    pub sparseness: f64,
    /// Entropy of the magnitudes' shares, in nats.
    pub complexity: f64,
    /// Features that take part at all.
    pub effective_complexity: usize,
    /// Beside other methods.
    pub agreement: Vec<Agreement>,
    /// How far the attribution moves when the row moves a little.
    pub max_sensitivity: Option<Sensitivity>,
    /// Everything that needs a baseline, under each.
    pub under: Vec<UnderBaseline>,
    /// How the comparisons with random attributions came out over the baselines.
    pub claims: Vec<Claim>,
}

/// How features are ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Ranking {
    /// Curves, comprehensiveness and sufficiency.
    pub curves: &'static str,
    /// What is taken away at once.
    pub removal: &'static str,
}

const RANKING: Ranking = Ranking {
    curves: "signed value, highest first",
    removal: "magnitude, largest first",
};

/// The measurements under one baseline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnderBaseline {
    /// How a sentence calls the baseline.
    pub baseline: String,
    /// Rows over whose answers the mean is taken.
    pub rows: usize,
    /// The explained number of the baseline.
    pub value: f64,
    /// Columns where every row of the baseline has the value of this row: taking them away shows nothing.
    pub same: Vec<usize>,
    /// Features taken away, highest value first.
    pub deletion: RowCurve,
    /// Features put back, highest value first.
    pub insertion: RowCurve,
    /// The top features taken away at once; none for a single feature.
    pub removal: Option<Moved>,
    /// f(x) - f(x without the top features).
    pub comprehensiveness: AtBins,
    /// f(x) - f(x with nothing but the top features).
    pub sufficiency: AtBins,
    /// Squared error of what the attribution says of random sets; none where attributions are no shares.
    pub infidelity: Option<Scored>,
    /// The same after the best scaling.
    pub infidelity_scaled: Scored,
    /// The same of an attribution that says nothing: what the two above are to be measured by.
    pub infidelity_of_nothing: f64,
    /// Correlation over random sets of one size.
    pub faithfulness_correlation: Scored,
    /// Correlation over single features.
    pub faithfulness_estimate: Option<Scored>,
    /// Share of steps that go the way of the attribution's sign.
    pub monotonicity: Option<Scored>,
    /// Rank correlation of magnitudes and effects.
    pub monotonicity_correlation: Option<Scored>,
}

/// ERASER's measure at its shares of the features.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AtBins {
    /// Shares of the features.
    pub bins: Vec<f64>,
    /// How many features each is.
    pub counts: Vec<usize>,
    /// The measure at each.
    pub drops: Vec<f64>,
    /// Their mean, beside those of shuffled attributions.
    pub aopc: Scored,
}

/// Weighs the attribution of row `row` of `ask` under each of `baselines`; every number is in the readout of `ask`,
/// which must be the one that was explained. Deterministic: batches and threads do not show.
pub fn weigh_rows(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    row: usize,
    judged: Judged<'_>,
    baselines: &[RowBaseline],
    plan: &RowPlan,
    seed: u64,
) -> Result<RowEvidence, ExplainError> {
    let parts = ask.columns.len();
    check(&judged, parts, baselines)?;
    let attribution = judged.attribution;
    let (from, to) = run.span();
    let sensitive = plan.tries > 0 && judged.again.is_some();
    let portions = (baselines.len() + usize::from(sensitive)) as f64;
    let portion = |i: usize| {
        (
            from + (to - from) * i as f64 / portions,
            from + (to - from) * (i + 1) as f64 / portions,
        )
    };

    let mut under = Vec::with_capacity(baselines.len());
    let mut value = 0.0;
    for (i, baseline) in baselines.iter().enumerate() {
        let exchange = RowExchange::new(run, ask, row, &baseline.rows)?;
        let one = Measuring {
            exchange,
            attribution,
            plan,
            seed,
            span: portion(i),
        };
        let found = one.measure(baseline, ask, row, judged.shares)?;
        value = found.deletion.curve[0];
        under.push(found);
    }
    let max_sensitivity = match judged.again {
        Some((again, background)) if sensitive => {
            let (start, end) = portion(baselines.len());
            run.stage("Max-sensitivity", start, end);
            let spreads = spreads(ask.columns, &background);
            let moved = moved_rows(&ask.row(row), ask.columns, &spreads, plan.radius, plan.tries, seed);
            Some(max_sensitivity(run, attribution, &moved, plan.radius, again)?)
        }
        _ => None,
    };
    let mut scaled = attribution.to_vec();
    Normalise::Row.apply(&mut scaled, parts);
    let others = judged.others.iter();
    Ok(RowEvidence {
        parts,
        ranking: RANKING,
        value,
        completeness: judged.base.map(|base| Completeness::of(attribution, base, value)),
        sparseness: sparseness(&scaled),
        complexity: complexity(attribution),
        effective_complexity: effective_complexity(&scaled, TAKES_PART),
        agreement: others
            .map(|other| agreement(attribution, other.method, other.attribution, RowPlan::top(parts)))
            .collect(),
        max_sensitivity,
        claims: claims(&under),
        under,
    })
}

fn check(judged: &Judged<'_>, parts: usize, baselines: &[RowBaseline]) -> Result<(), ExplainError> {
    let all = std::iter::once(judged.attribution).chain(judged.others.iter().map(|other| other.attribution));
    for attribution in all {
        if attribution.len() != parts {
            return Err(ExplainError::parameters(format!(
                "an attribution of {} values cannot be weighed on a row of {parts} columns",
                attribution.len()
            )));
        }
        if let Some(at) = attribution.iter().position(|v| !v.is_finite()) {
            return Err(ExplainError::parameters(format!(
                "the attribution of column {at} is {}, which cannot be ranked",
                attribution[at]
            )));
        }
    }
    if baselines.is_empty() {
        return Err(ExplainError::parameters(
            "evidence needs a baseline, better two; give background rows",
        ));
    }
    Ok(())
}

/// An attribution further off than one that says nothing beats nobody, wherever the shuffled ones are.
fn infidelity_beats(under: &UnderBaseline) -> (usize, usize) {
    let score = under.infidelity.as_ref().unwrap_or(&under.infidelity_scaled);
    let says = score
        .value
        .is_some_and(|value| above(under.infidelity_of_nothing, value));
    (if says { score.beaten } else { 0 }, score.random.len())
}

fn claims(under: &[UnderBaseline]) -> Vec<Claim> {
    let scored = |name, pick: &dyn Fn(&UnderBaseline) -> Option<&Scored>| {
        let counts = under
            .iter()
            .map(|u| pick(u).map_or((0, 0), |s| (s.beaten, s.random.len())));
        Claim::of(name, counts)
    };
    let curve = |name, pick: &dyn Fn(&UnderBaseline) -> &RowCurve| {
        Claim::of(name, under.iter().map(|u| (pick(u).beaten, pick(u).random.len())))
    };
    let removal = under
        .iter()
        .map(|u| u.removal.as_ref().map_or((0, 0), |m| (m.beaten, m.random.len())));
    let all = [
        Claim::of("removal", removal),
        curve("deletion", &|u| &u.deletion),
        curve("insertion", &|u| &u.insertion),
        scored("comprehensiveness", &|u| Some(&u.comprehensiveness.aopc)),
        scored("sufficiency", &|u| Some(&u.sufficiency.aopc)),
        Claim::of("infidelity", under.iter().map(infidelity_beats)),
        scored("faithfulness_correlation", &|u| Some(&u.faithfulness_correlation)),
        scored("faithfulness_estimate", &|u| u.faithfulness_estimate.as_ref()),
        scored("monotonicity", &|u| u.monotonicity.as_ref()),
        scored("monotonicity_correlation", &|u| u.monotonicity_correlation.as_ref()),
    ];
    all.into_iter().flatten().collect()
}

/// One baseline at work.
struct Measuring<'r, 'm, 'a, 't> {
    exchange: RowExchange<'r, 'm, 'a, 't>,
    attribution: &'a [f64],
    plan: &'a RowPlan,
    seed: u64,
    span: (f64, f64),
}

impl Measuring<'_, '_, '_, '_> {
    /// Of the six stages of a baseline, `stage` comes next.
    fn next(&mut self, stage: u8) {
        let share = |s: u8| self.span.0 + (self.span.1 - self.span.0) * f64::from(s) / 6.0;
        let (from, to) = (share(stage), share(stage + 1));
        self.exchange.stage("Evidence", from, to);
    }

    fn measure(
        mut self,
        baseline: &RowBaseline,
        ask: &AskRows<'_>,
        row: usize,
        shares: bool,
    ) -> Result<UnderBaseline, ExplainError> {
        let parts = self.exchange.parts();
        let random = shuffled(self.attribution, self.plan.shuffled, self.seed);
        let same = (0..parts).filter(|column| {
            let own = ask.x[[row, *column]];
            let values = baseline.rows.column(*column);
            values
                .iter()
                .all(|v| same_value(*v, own) || (v.is_nan() && own.is_nan()))
        });
        let same = same.collect();
        self.next(0);
        let (whole, value) = ends(&mut self.exchange)?;
        let counts = self.plan.counts(parts);
        let ranked: Vec<Vec<f64>> = [self.attribution.to_vec(), inverted(self.attribution)]
            .into_iter()
            .chain(random.iter().cloned())
            .collect();
        let orders: Vec<Vec<usize>> = ranked.iter().map(|v| descending_order(v)).collect();
        let down = curves(&mut self.exchange, Direction::Deletion, &orders, &counts)?;
        self.next(1);
        let up = curves(&mut self.exchange, Direction::Insertion, &orders, &counts)?;
        self.next(2);
        let removed = if parts > 1 {
            let (top, choices) = (RowPlan::top(parts), self.plan.choices);
            Some(removal(&mut self.exchange, self.attribution, top, choices, self.seed)?)
        } else {
            None
        };
        self.next(3);
        let sets = random_sets(parts, self.plan.sets, self.seed);
        let moved = changes(&mut self.exchange, &sets)?;
        let off = |v: &[f64]| infidelity(&said(v, &sets), &moved);
        let score = |better, pick: &dyn Fn(&[f64]) -> Option<f64>| {
            let mut all = ranked.iter().map(|v| pick(v));
            let (own, inverted) = (all.next().flatten(), all.next().flatten());
            Scored::new(better, own, inverted, all.collect())
        };
        let size = usual_size(parts);
        let alike = sets_of(parts, size, self.plan.sets, self.seed);
        let fell = changes(&mut self.exchange, &alike)?;
        self.next(4);
        let each = RowPlan::looks_at_each(parts);
        let (estimate, effects) = if each { self.alone(&ranked)? } else { (None, None) };
        self.next(5);
        let monotone = if each { Some(self.monotone(&random)?) } else { None };
        Ok(UnderBaseline {
            baseline: baseline.name.clone(),
            rows: baseline.rows.nrows(),
            value,
            same,
            comprehensiveness: at_bins(Better::Higher, whole, &counts, &down),
            sufficiency: at_bins(Better::Lower, whole, &counts, &up),
            deletion: RowCurve::new(Better::Lower, &counts, down),
            insertion: RowCurve::new(Better::Higher, &counts, up),
            removal: removed,
            infidelity: shares.then(|| score(Better::Lower, &|v| Some(off(v).value))),
            infidelity_scaled: score(Better::Lower, &|v| Some(off(v).scaled)),
            infidelity_of_nothing: off(&vec![0.0; parts]).value,
            faithfulness_correlation: score(Better::Higher, &|v| pearson(&said(v, &alike), &fell)),
            faithfulness_estimate: estimate,
            monotonicity: monotone,
            monotonicity_correlation: effects,
        })
    }

    /// What single features do: the estimate of Alvarez-Melis and Nguyen's rank correlation.
    fn alone(&mut self, ranked: &[Vec<f64>]) -> Result<(Option<Scored>, Option<Scored>), ExplainError> {
        let squares = self.exchange.squared_effects()?;
        let singles: Vec<Vec<usize>> = (0..squares.len()).map(|part| vec![part]).collect();
        let moved = changes(&mut self.exchange, &singles)?;
        let scored = |backwards: &[f64], pick: &dyn Fn(&[f64]) -> Option<f64>| {
            let random = ranked.iter().skip(2).map(|v| pick(v)).collect();
            Scored::new(Better::Higher, pick(self.attribution), pick(backwards), random)
        };
        let estimate = scored(&ranked[1], &|v| pearson(v, &moved));
        let backwards = inverted_magnitudes(self.attribution);
        let effects = scored(&backwards, &|v| monotonicity_correlation(v, &squares));
        Ok((Some(estimate), Some(effects)))
    }

    /// Share of steps that go as announced.
    fn monotone(&mut self, random: &[Vec<f64>]) -> Result<Scored, ExplainError> {
        let attributions = [self.attribution.to_vec(), inverted_magnitudes(self.attribution)];
        let attributions: Vec<&Vec<f64>> = attributions
            .iter()
            .chain(random.iter().take(self.plan.monotone))
            .collect();
        let orders: Vec<Vec<usize>> = attributions.iter().map(|v| rising(v)).collect();
        let counts: Vec<usize> = (0..=self.exchange.parts()).collect();
        let all = curves(&mut self.exchange, Direction::Insertion, &orders, &counts)?;
        let mut shares = attributions
            .iter()
            .zip(&orders)
            .zip(&all)
            .map(|((v, order), curve)| Some(announced(v, order, curve).share));
        let (own, backwards) = (shares.next().flatten(), shares.next().flatten());
        Ok(Scored::new(Better::Higher, own, backwards, shares.collect()))
    }
}

/// ERASER's measure from the curves (own, inverted, shuffled).
fn at_bins(better: Better, whole: f64, points: &[usize], all: &[Vec<f64>]) -> AtBins {
    let at = counts(&BINS, points.last().copied().unwrap_or_default());
    let drops_of = |curve: &Vec<f64>| drops(whole, points, curve, &at);
    let mut means = all.iter().map(|curve| Some(aopc(&drops_of(curve))));
    let (own, inverted) = (means.next().flatten(), means.next().flatten());
    AtBins {
        bins: BINS.to_vec(),
        drops: all.first().map(drops_of).unwrap_or_default(),
        aopc: Scored::new(better, own, inverted, means.collect()),
        counts: at,
    }
}
