//! Every measurement of one picture's map, under each baseline.

use serde::Serialize;

use super::baselines::{PictureBaseline, baselines};
use super::localise::{Localised, localised};
use super::plan::{PicturePlan, REGIONS, SET_SHARES};
use crate::evidence::curve::{Direction, area, curves};
use crate::evidence::exchange::{InputExchange, changes};
use crate::evidence::faithfulness_correlation::sets_of;
use crate::evidence::faithfulness_estimate::groups;
use crate::evidence::infidelity::said;
use crate::evidence::random_maps::moved;
use crate::evidence::road::impute;
use crate::evidence::rows::{Better, Claim, Scored};
use crate::evidence::statistics::{ascending_order, descending_order, pearson};
use crate::evidence::units::Units;
use crate::evidence::{Normalise, complexity, effective_complexity, sparseness, sums};
use crate::segments::{Segmentation, stretched};
use crate::{Ask, ExplainError, Runner};

/// Magnitudes up to this share of the largest do not count as taking part.
const TAKES_PART: f64 = 1e-5;

/// A picture's map, measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PictureEvidence {
    /// Pixels that were ranked.
    pub parts: usize,
    /// One a baseline.
    pub under: Vec<UnderPicture>,
    /// Pixels removed and filled in from around; none where the picture is large and little is spent.
    pub road: Vec<Removed>,
    /// Where the map lies, if a mask was given.
    pub localisation: Option<Localised>,
    /// Gini index of the magnitudes.
    pub sparseness: f64,
    /// Entropy of the magnitudes.
    pub complexity: f64,
    /// Pixels whose magnitude counts.
    pub effective_complexity: usize,
    /// Every comparison over the baselines.
    pub claims: Vec<Claim>,
}

/// What was measured under one baseline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnderPicture {
    /// `zeros`, `mean`, `blur` or `noise`.
    pub baseline: &'static str,
    /// Pixels one after another (Bach et al. 2015; Samek et al. 2017).
    pub pixel_flipping: Flipped,
    /// Squares of pixels (region perturbation, Samek et al. 2017; selectivity, Montavon et al. 2018).
    pub region_perturbation: Option<Flipped>,
    /// Segments of like colour by their mean (IROF, Rieger and Hansen 2020).
    pub irof: Option<Flipped>,
    /// Correlation over random sets of several sizes (Ancona et al. 2018).
    pub sensitivity_n: Vec<AtSize>,
    /// The same over sets of a third of the pixels (Bhatt et al. 2020).
    pub faithfulness_correlation: Option<Scored>,
    /// Correlation over groups by falling attribution (Alvarez-Melis and Jaakkola 2018); moved maps are not tried.
    pub faithfulness_estimate: Option<f64>,
}

/// Parts taken away, most relevant first and least relevant first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Flipped {
    /// Share of the parts taken away.
    pub fraction: Vec<f64>,
    /// The explained number, most relevant first.
    pub morf: Vec<f64>,
    /// The same, least relevant first.
    pub lerf: Vec<f64>,
    /// Area between the two: how much sooner the number falls with the most relevant first.
    pub gap: Scored,
}

/// Correlation over random sets of one size.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AtSize {
    /// Pixels of a set.
    pub size: usize,
    /// Pearson's correlation of a set's attribution and what taking it away does.
    pub correlation: Scored,
}

/// The explained number after a share of the pixels was removed and filled in (ROAD, Rong et al. 2022).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Removed {
    /// Share of the pixels.
    pub fraction: f64,
    /// The most relevant removed.
    pub morf: f64,
    /// The least relevant removed.
    pub lerf: f64,
    /// The difference, least minus most.
    pub gap: Scored,
}

/// Weighs `attribution` (the flat values of row `row`, one a pixel or one an element) with the scalar of `ask`.
/// `display` is the picture from 0 to 1 as people see it, which is what is cut into segments; `mask` marks the pixels of
/// an object. Deterministic: batches and threads do not show.
#[expect(
    clippy::too_many_arguments,
    reason = "each is a thing of its own, and there is one caller"
)]
pub fn weigh_picture(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    row: usize,
    attribution: &[f32],
    display: Option<&[f32]>,
    mask: Option<&[bool]>,
    plan: &PicturePlan,
    seed: u64,
) -> Result<PictureEvidence, ExplainError> {
    let Some(picture @ [_, h, w]) = ask.picture() else {
        return Err(ExplainError::parameters("this input is no picture"));
    };
    let units = Units::of(ask.row_shape());
    let single = units.gather(attribution)?;
    let mut map: Vec<f64> = single.iter().map(|v| f64::from(*v)).collect();
    Normalise::Row.apply(&mut map, units.count);
    let others = (0..plan.random).map(|k| {
        let other = moved(&single, (h, w), seed, k);
        let mut other: Vec<f64> = other.iter().map(|v| f64::from(*v)).collect();
        Normalise::Row.apply(&mut other, units.count);
        other
    });
    let maps: Vec<Vec<f64>> = [map.clone(), upside_down(&map)].into_iter().chain(others).collect();
    let values = ask.row(row);
    let regions = if plan.regions {
        let seen = display.map_or_else(|| stretched(values), <[f32]>::to_vec);
        Some([
            Segmentation::Grid { count: REGIONS }.cut(&seen, picture)?.of,
            Segmentation::usual(REGIONS).cut(&seen, picture)?.of,
        ])
    } else {
        None
    };
    let mut under = Vec::new();
    let (from, to) = run.span();
    let all = baselines(values, picture, seed);
    for (i, baseline) in all.iter().enumerate() {
        let at = |i: usize| from + (to - from) * i as f64 / (all.len() + 1) as f64;
        run.stage("Evidence", at(i), at(i + 1));
        let mut measuring = Measuring {
            run,
            ask,
            row,
            baseline,
            maps: &maps,
            plan,
            seed,
        };
        under.push(measuring.measure(regions.as_ref())?);
    }
    run.stage(
        "Evidence",
        from + (to - from) * all.len() as f64 / (all.len() + 1) as f64,
        to,
    );
    let road = road(run, ask, row, &maps, plan)?;
    let localisation = mask.map(|inside| localised(&maps, inside)).transpose()?;
    Ok(PictureEvidence {
        parts: units.count,
        claims: claims(&under, &road),
        under,
        road,
        localisation,
        sparseness: sparseness(&map),
        complexity: complexity(&map),
        effective_complexity: effective_complexity(&map, TAKES_PART),
    })
}

/// The same values dealt the other way round: the pixel with the highest gets the lowest.
fn upside_down(map: &[f64]) -> Vec<f64> {
    let order = descending_order(map);
    let mut out = vec![0.0; map.len()];
    for (to, from) in order.iter().zip(order.iter().rev()) {
        out[*to] = map[*from];
    }
    out
}

/// One baseline at work.
struct Measuring<'r, 'm, 'a> {
    run: &'r mut Runner<'m>,
    ask: &'a Ask<'a>,
    row: usize,
    baseline: &'a PictureBaseline,
    maps: &'a [Vec<f64>],
    plan: &'a PicturePlan,
    seed: u64,
}

impl<'m, 'a> Measuring<'_, 'm, 'a> {
    fn measure(&mut self, regions: Option<&[Vec<usize>; 2]>) -> Result<UnderPicture, ExplainError> {
        let pixels: Vec<usize> = (0..self.maps[0].len()).collect();
        let pixel_flipping = self.flipped(&pixels, false)?;
        let (squares, segments) = match regions {
            Some([squares, segments]) => (Some(self.flipped(squares, false)?), Some(self.flipped(segments, true)?)),
            None => (None, None),
        };
        let sensitivity_n = self.sets()?;
        Ok(UnderPicture {
            baseline: self.baseline.name,
            pixel_flipping,
            region_perturbation: squares,
            irof: segments,
            faithfulness_correlation: sensitivity_n.last().map(|at| at.correlation.clone()),
            sensitivity_n,
            faithfulness_estimate: self.estimate()?,
        })
    }

    /// An exchange whose part `part_of[p]` holds pixel p with all its channels.
    fn exchange(&mut self, part_of: &[usize]) -> Result<InputExchange<'_, 'm, 'a>, ExplainError> {
        let channels = Units::of(self.ask.row_shape()).channels;
        let elements = std::iter::repeat_n(part_of, channels).flatten().copied().collect();
        InputExchange::with_parts(self.run, self.ask, self.row, &self.baseline.values, elements)
    }

    /// Parts ranked by the sum (or the mean) of their pixels, taken away from both ends of the ranking.
    fn flipped(&mut self, part_of: &[usize], by_mean: bool) -> Result<Flipped, ExplainError> {
        let sizes = sums(&vec![1.0; part_of.len()], part_of);
        let ranked = |map: &Vec<f64>| {
            let mut values = sums(map, part_of);
            if by_mean {
                values.iter_mut().zip(&sizes).for_each(|(v, size)| *v /= size.max(1.0));
            }
            values
        };
        // Dealt the other way round, most and least relevant change places: nothing new to run.
        let values: Vec<Vec<f64>> = self
            .maps
            .iter()
            .enumerate()
            .filter(|(i, _)| *i != 1)
            .map(|(_, m)| ranked(m))
            .collect();
        let parts = sizes.len();
        let steps = self.plan.steps.min(parts).max(1);
        let counts: Vec<usize> = (0..=steps).map(|s| (s * parts + steps / 2) / steps).collect();
        let fraction: Vec<f64> = counts.iter().map(|c| *c as f64 / parts as f64).collect();
        let orders: Vec<Vec<usize>> = values
            .iter()
            .flat_map(|v| [descending_order(v), ascending_order(v)])
            .collect();
        let mut exchange = self.exchange(part_of)?;
        let all = curves(&mut exchange, Direction::Deletion, &orders, &counts)?;
        let gaps: Vec<f64> = all
            .chunks_exact(2)
            .map(|pair| area(&fraction, &pair[1]) - area(&fraction, &pair[0]))
            .collect();
        let random = gaps[1..].iter().map(|gap| Some(*gap)).collect();
        Ok(Flipped {
            gap: Scored::new(Better::Higher, Some(gaps[0]), Some(-gaps[0]), random),
            morf: all[0].clone(),
            lerf: all[1].clone(),
            fraction,
        })
    }

    fn sets(&mut self) -> Result<Vec<AtSize>, ExplainError> {
        let pixels = self.maps[0].len();
        if self.plan.sets == 0 || pixels < 2 {
            return Ok(Vec::new());
        }
        let each: Vec<usize> = (0..pixels).collect();
        let mut sizes: Vec<usize> = SET_SHARES
            .iter()
            .map(|share| ((share * pixels as f64).round() as usize).clamp(1, pixels - 1))
            .collect();
        sizes.dedup();
        let (count, seed, maps) = (self.plan.sets, self.seed, self.maps);
        let mut exchange = self.exchange(&each)?;
        let mut out = Vec::new();
        for size in sizes {
            let sets = sets_of(pixels, size, count, seed);
            let fell = changes(&mut exchange, &sets)?;
            let mut all = maps.iter().map(|map| pearson(&said(map, &sets), &fell));
            let (own, inverted) = (all.next().flatten(), all.next().flatten());
            out.push(AtSize {
                size,
                correlation: Scored::new(Better::Higher, own, inverted, all.collect()),
            });
        }
        Ok(out)
    }

    fn estimate(&mut self) -> Result<Option<f64>, ExplainError> {
        if self.plan.groups == 0 {
            return Ok(None);
        }
        let maps = self.maps;
        let map = &maps[0];
        let sets = groups(map, map.len().div_ceil(self.plan.groups));
        let each: Vec<usize> = (0..map.len()).collect();
        let mut exchange = self.exchange(&each)?;
        let fell = changes(&mut exchange, &sets)?;
        Ok(pearson(&said(map, &sets), &fell))
    }
}

/// Pixels removed and filled in from their neighbours, so that neither hole nor edge tells the class.
fn road(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    row: usize,
    maps: &[Vec<f64>],
    plan: &PicturePlan,
) -> Result<Vec<Removed>, ExplainError> {
    let Some([_, h, w]) = ask.picture() else {
        return Ok(Vec::new());
    };
    let mut out = Vec::new();
    for &fraction in &plan.road {
        let count = ((h * w) as f64 * fraction) as usize;
        let mut pictures: Vec<Vec<f32>> = Vec::new();
        for map in maps.iter().enumerate().filter(|(i, _)| *i != 1).map(|(_, map)| map) {
            for order in [descending_order(map), ascending_order(map)] {
                run.check_cancelled()?;
                let mut picture = ask.row(row).to_vec();
                for channel in picture.chunks_exact_mut(h * w) {
                    impute(channel, (h, w), &order[..count])?;
                }
                pictures.push(picture);
            }
        }
        let shape = ask.row_shape().to_vec();
        let values = run.forward(
            &shape,
            pictures.len(),
            &ask.readout,
            |_| ask.targets[row],
            |i, to| to.copy_from_slice(&pictures[i]),
        )?;
        let gaps: Vec<f64> = values
            .chunks_exact(2)
            .map(|v| f64::from(v[1]) - f64::from(v[0]))
            .collect();
        out.push(Removed {
            fraction,
            morf: values[0].into(),
            lerf: values[1].into(),
            gap: Scored::new(
                Better::Higher,
                Some(gaps[0]),
                Some(-gaps[0]),
                gaps[1..].iter().map(|gap| Some(*gap)).collect(),
            ),
        });
    }
    Ok(out)
}

fn claims(under: &[UnderPicture], road: &[Removed]) -> Vec<Claim> {
    let counts = |score: Option<&Scored>| score.map_or((0, 0), |s| (s.beaten, s.random.len()));
    let claim =
        |name, pick: &dyn Fn(&UnderPicture) -> Option<&Scored>| Claim::of(name, under.iter().map(|u| counts(pick(u))));
    let middle = |u: &UnderPicture| u.sensitivity_n.len() / 2;
    let all = [
        claim("pixel_flipping", &|u| Some(&u.pixel_flipping.gap)),
        claim("region_perturbation", &|u| {
            u.region_perturbation.as_ref().map(|f| &f.gap)
        }),
        claim("irof", &|u| u.irof.as_ref().map(|f| &f.gap)),
        claim("sensitivity_n", &|u| {
            u.sensitivity_n.get(middle(u)).map(|at| &at.correlation)
        }),
        claim("faithfulness_correlation", &|u| u.faithfulness_correlation.as_ref()),
        Claim::of("road", road.iter().map(|r| counts(Some(&r.gap)))),
    ];
    all.into_iter().flatten().collect()
}
