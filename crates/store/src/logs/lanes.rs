//! What a chart shows where a training was restarted, and where two writers share a run.
//!
//! A *lane* is what one file holds of a series. Lanes whose times overlap were written side by side: all their
//! points stay, merged by step. A lane that begins after another ended continues it: it supersedes what stands
//! at its first step and later. Within a lane, a step smaller than the one before supersedes in the same way,
//! and so does a writer's own word that a session starts over.

use glassboard_series::{Blocks, Columns};

use super::append::Restart;

/// A file's part of a series.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lane {
    /// Which file.
    pub file: i64,
    /// Its points, as written.
    pub points: Blocks,
    /// The earliest time.
    pub min_wall: f64,
    /// The latest time.
    pub max_wall: f64,
}

/// The points to show, in order of time, side-by-side lanes by step. `restarts` name their file.
pub(crate) fn resolve(mut lanes: Vec<Lane>, restarts: &[(i64, Restart)], superseded: bool) -> Blocks {
    lanes.sort_by(|a, b| a.min_wall.total_cmp(&b.min_wall).then(a.file.cmp(&b.file)));
    if superseded || nothing_superseded(&lanes, restarts) {
        let mut all = Blocks::default();
        for lane in &lanes {
            all.extend(&lane.points);
        }
        return all;
    }
    let lanes = lanes.into_iter().map(|lane| Open {
        file: lane.file,
        points: lane.points.columns(),
        min_wall: lane.min_wall,
        max_wall: lane.max_wall,
    });
    let mut cutoff = None;
    let mut shown: Vec<Columns> = Vec::new();
    for mut group in groups(lanes).into_iter().rev() {
        let mut reach = cutoff;
        for lane in &mut group {
            reach = least(reach, supersede(lane, cutoff, restarts));
        }
        cutoff = reach;
        shown.push(merge(group));
    }
    let mut all = Columns::default();
    for points in shown.iter().rev() {
        all.extend(points);
    }
    Blocks::of(&all)
}

/// The usual case, seen without touching a point: each lane in order, each going on where the one before ended, and no
/// writer starting over after points were written.
fn nothing_superseded(lanes: &[Lane], restarts: &[(i64, Restart)]) -> bool {
    let first = lanes.iter().map(|lane| lane.min_wall).fold(f64::INFINITY, f64::min);
    let filled: Vec<&Lane> = lanes.iter().filter(|lane| !lane.points.is_empty()).collect();
    restarts.iter().all(|(_, restart)| restart.wall <= first)
        && filled.iter().all(|lane| lane.points.steps_in_order())
        && filled.is_sorted_by(|a, b| a.max_wall <= b.min_wall && a.points.last_step() < b.points.first_step())
}

/// A lane whose points are laid out to be cut and merged.
struct Open {
    file: i64,
    points: Columns,
    min_wall: f64,
    max_wall: f64,
}

/// Lanes in order of time, those that overlap together.
fn groups(lanes: impl Iterator<Item = Open>) -> Vec<Vec<Open>> {
    let mut groups: Vec<Vec<Open>> = Vec::new();
    let mut end = f64::NEG_INFINITY;
    for lane in lanes.filter(|lane| !lane.points.is_empty()) {
        let overlaps = lane.min_wall < end;
        end = end.max(lane.max_wall);
        match groups.last_mut() {
            Some(group) if overlaps => group.push(lane),
            _ => groups.push(vec![lane]),
        }
    }
    groups
}

/// Drops what is superseded in a lane; answers the step from which it supersedes what came before it.
fn supersede(lane: &mut Open, later: Option<i64>, restarts: &[(i64, Restart)]) -> Option<i64> {
    let mut cutoff = later;
    let mut own: Vec<Restart> = Vec::new();
    for &(file, restart) in restarts {
        if file == lane.file {
            own.push(restart);
        } else if restart.wall > lane.max_wall {
            cutoff = least(cutoff, Some(restart.step));
        }
    }
    own.sort_by(|a, b| a.wall.total_cmp(&b.wall));
    let mut keep = vec![false; lane.points.len()];
    let mut next = i64::MIN;
    for index in (0..lane.points.len()).rev() {
        let step = lane.points.steps[index];
        if index + 1 < lane.points.len() && next < step {
            cutoff = least(cutoff, Some(next));
        }
        while let Some(restart) = own.pop_if(|restart| restart.wall > lane.points.walls[index]) {
            cutoff = least(cutoff, Some(restart.step));
        }
        keep[index] = cutoff.is_none_or(|cutoff| step < cutoff);
        next = step;
    }
    lane.points.retain(|index| keep[index]);
    least(cutoff, Some(next))
}

fn least(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Lanes written side by side, by step; of one step in order of time.
fn merge(mut group: Vec<Open>) -> Columns {
    if group.len() == 1 {
        return group.swap_remove(0).points;
    }
    let mut all = Columns::default();
    for lane in &group {
        all.extend(&lane.points);
    }
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by(|&a, &b| {
        all.steps[a]
            .cmp(&all.steps[b])
            .then(all.walls[a].total_cmp(&all.walls[b]))
    });
    all.pick(&order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(file: i64, points: &[(i64, f64)]) -> Lane {
        let mut columns = Columns::default();
        for &(step, wall) in points {
            columns.push(step, wall, wall);
        }
        Lane {
            file,
            points: Blocks::of(&columns),
            min_wall: points[0].1,
            max_wall: points[points.len() - 1].1,
        }
    }

    fn steps(lanes: Vec<Lane>, restarts: &[(i64, Restart)]) -> Vec<i64> {
        resolve(lanes, restarts, false).columns().steps
    }

    #[test]
    fn a_step_that_goes_back_supersedes() {
        let reset = lane(1, &[(0, 0.), (1, 1.), (2, 2.), (3, 3.), (1, 9.), (2, 10.)]);
        assert_eq!(steps(vec![reset.clone()], &[]), [0, 1, 2]);
        assert_eq!(resolve(vec![reset], &[], true).len(), 6);
    }

    #[test]
    fn equal_steps_all_stay() {
        assert_eq!(steps(vec![lane(1, &[(0, 0.), (0, 1.), (0, 2.)])], &[]), [0, 0, 0]);
    }

    #[test]
    fn a_resume_in_another_file_supersedes_and_writers_side_by_side_do_not() {
        let first = lane(1, &[(0, 0.), (2, 2.), (4, 4.)]);
        assert_eq!(
            steps(vec![lane(2, &[(2, 9.), (3, 10.)]), first.clone()], &[]),
            [0, 2, 3]
        );
        assert_eq!(
            steps(vec![first, lane(2, &[(1, 1.), (3, 3.), (5, 5.)])], &[]),
            [0, 1, 2, 3, 4, 5]
        );
    }

    #[test]
    fn a_session_start_supersedes_every_tag() {
        let points = lane(1, &[(0, 0.), (1, 1.), (2, 2.)]);
        let start = Restart {
            offset: 0,
            step: 1,
            wall: 5.0,
        };
        assert_eq!(steps(vec![points.clone()], &[(1, start)]), [0]);
        assert_eq!(steps(vec![points.clone()], &[(7, start)]), [0]);
        assert_eq!(
            steps(
                vec![points],
                &[(
                    1,
                    Restart {
                        wall: 0.0,
                        step: 0,
                        ..start
                    }
                )]
            ),
            [0, 1, 2]
        );
    }
}
