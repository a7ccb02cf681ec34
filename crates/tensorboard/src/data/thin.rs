//! Fewer points of a series: real ones, evenly spread, ends kept.

/// Indices of at most `most` of `len` points, rising: the last always (unless none are asked for), the first
/// where two or more are.
pub fn spread(len: usize, most: usize) -> Vec<usize> {
    match most {
        _ if len <= most => (0..len).collect(),
        0 => Vec::new(),
        1 => vec![len - 1],
        _ => {
            let (gaps, last) = (most as u128 - 1, len as u128 - 1);
            (0..most as u128)
                .map(|i| ((i * last + gaps / 2) / gaps) as usize)
                .collect()
        }
    }
}

/// As [`spread`], and the lowest and the highest finite value too where four or more are asked for.
pub fn spread_with_extremes(values: &[f64], most: usize) -> Vec<usize> {
    let mut kept = spread(values.len(), most);
    if most < 4 || values.len() <= most {
        return kept;
    }
    let finite = || values.iter().enumerate().filter(|(_, value)| value.is_finite());
    let lowest = finite().min_by(|a, b| a.1.total_cmp(b.1)).map(|(index, _)| index);
    let highest = finite().max_by(|a, b| a.1.total_cmp(b.1)).map(|(index, _)| index);
    let extremes: Vec<usize> = [lowest, highest].into_iter().flatten().collect();
    for &extreme in &extremes {
        let Err(place) = kept.binary_search(&extreme) else {
            continue;
        };
        // The nearer neighbour gives way, never an end and never the other extreme.
        let neighbours = [place - 1, place];
        let free = |&&at: &&usize| at > 0 && at + 1 < kept.len() && !extremes.contains(&kept[at]);
        if let Some(&at) = neighbours
            .iter()
            .filter(free)
            .min_by_key(|&&at| kept[at].abs_diff(extreme))
        {
            kept[at] = extreme;
        } else if let Some(at) = (1..kept.len() - 1).find(|at| !extremes.contains(&kept[*at])) {
            kept.remove(at);
            let place = kept.partition_point(|&index| index < extreme);
            kept.insert(place, extreme);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_series_that_fits_is_whole() {
        assert_eq!(spread(3, 3), [0, 1, 2]);
        assert_eq!(spread(0, 5), Vec::<usize>::new());
        assert_eq!(spread_with_extremes(&[1.0, 9.0], 2), [0, 1]);
    }

    #[test]
    fn one_is_the_last_and_none_is_none() {
        assert_eq!(spread(10, 1), [9]);
        assert_eq!(spread(10, 0), Vec::<usize>::new());
    }

    proptest! {
        #[test]
        fn ends_and_extremes_stay(values in proptest::collection::vec(prop_oneof![-1e3..1e3, Just(f64::NAN)], 1..300), most in 2usize..50) {
            let kept = spread_with_extremes(&values, most);
            prop_assert_eq!(kept.len(), values.len().min(most));
            prop_assert!(kept.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert_eq!(kept[0], 0);
            prop_assert_eq!(kept[kept.len() - 1], values.len() - 1);
            if most >= 4 {
                let all = values.iter().copied().filter(|v| v.is_finite());
                let some = kept.iter().map(|&i| values[i]).filter(|v| v.is_finite());
                prop_assert_eq!(all.clone().reduce(f64::min), some.clone().reduce(f64::min));
                prop_assert_eq!(all.reduce(f64::max), some.reduce(f64::max));
            }
        }

        #[test]
        fn gaps_differ_by_one_at_most(len in 2usize..5000, most in 2usize..100) {
            let gaps: Vec<usize> = spread(len, most).windows(2).map(|pair| pair[1] - pair[0]).collect();
            let (least, largest) = (gaps.iter().min().copied().unwrap_or(0), gaps.iter().max().copied().unwrap_or(0));
            prop_assert!(largest - least <= 1, "{gaps:?}");
        }
    }
}
