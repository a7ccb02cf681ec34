//! What the columns promise, for any points.

use glassboard_series::{CHUNK, Columns, Grid, decode, decode_raw, encode, encode_raw, m4, smooth};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

fn columns(most: usize) -> impl Strategy<Value = Columns> {
    prop::collection::vec((any::<i64>(), any::<u64>(), any::<u64>()), 0..most).prop_map(|points| Columns {
        steps: points.iter().map(|p| p.0).collect(),
        walls: points.iter().map(|p| f64::from_bits(p.1)).collect(),
        values: points.iter().map(|p| f64::from_bits(p.2)).collect(),
    })
}

fn bits(columns: &Columns) -> (Vec<i64>, Vec<u64>, Vec<u64>) {
    let bits = |numbers: &[f64]| numbers.iter().map(|n| n.to_bits()).collect();
    (columns.steps.clone(), bits(&columns.walls), bits(&columns.values))
}

/// A failing case is written beside this file, to be committed and run first ever after.
fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_chunk_gives_back_every_bit(points in columns(300)) {
        prop_assert_eq!(bits(&decode(&encode(&points).unwrap()).unwrap()), bits(&points));
        prop_assert_eq!(bits(&decode_raw(&encode_raw(&points)).unwrap()), bits(&points));
    }

    #[test]
    fn damaged_chunks_never_panic(points in columns(40), at in any::<prop::sample::Index>(), flip in 1u8.., cut in any::<prop::sample::Index>()) {
        let mut bytes = encode(&points).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let _ = decode(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        let _ = decode(&bytes);
    }

    #[test]
    fn every_extreme_of_every_column_is_kept(values in prop::collection::vec(prop_oneof![4 => -1e9..1e9, 1 => Just(f64::NAN)], 1..500), columns in 1usize..40) {
        let x: Vec<f64> = (0..values.len()).map(|i| i as f64).collect();
        let grid = Grid { from: 0.0, to: (values.len() - 1) as f64, columns };
        let kept = m4(&x, &values, &grid);
        prop_assert!(kept.is_sorted() && kept.len() <= 4 * columns);
        for column in 0..columns {
            let finite = |indices: &mut dyn Iterator<Item = usize>| {
                let values: Vec<f64> = indices.filter(|&i| grid.column(x[i]) == column).map(|i| values[i]).filter(|v| v.is_finite()).collect();
                (values.iter().copied().reduce(f64::min), values.iter().copied().reduce(f64::max))
            };
            prop_assert_eq!(finite(&mut kept.iter().copied()), finite(&mut (0..values.len())));
        }
    }
}

#[test]
fn a_full_chunk_of_a_real_curve_is_small() {
    let mut curve = Columns::default();
    for i in 0..CHUNK as i64 {
        let value = f64::from((2.0 / (1.0 + i as f64 * 0.01) + (i as f64 * 0.7).sin() * 0.05) as f32);
        curve.push(i * 10, 1.7e9 + i as f64 * 0.2, value);
    }
    let bytes = encode(&curve).unwrap();
    assert_eq!(decode(&bytes).unwrap(), curve);
    assert!(bytes.len() < 6 * CHUNK, "{} bytes", bytes.len());
    curve.push(0, 0.0, 0.0);
    assert!(encode(&curve).is_err(), "4097 points are no chunk");
}

#[test]
fn smoothing_is_tensorboards() {
    // last = last * w + (1 - w) * y;  y' = last / (1 - w^n), worked by hand for w = 0.6.
    let smoothed = smooth(&[1.0, 2.0, f64::NAN, 4.0], 0.6);
    assert!((smoothed[0] - 1.0).abs() < 1e-12);
    assert!((smoothed[1] - (0.4 * 0.6 + 0.8) / (1.0 - 0.36)).abs() < 1e-12);
    assert!(smoothed[2].is_nan());
    assert!((smoothed[3] - ((0.4 * 0.6 + 0.8) * 0.6 + 1.6) / (1.0 - 0.216)).abs() < 1e-12);
    assert_eq!(smooth(&[3.0, 3.0], 0.9), [3.0, 3.0]);
}
