//! What the columns promise, for any points.

use glassboard_series::{
    Blocks, CHUNK, Columns, Grid, Head, decode, decode_raw, encode, encode_raw, heads, m4, pack, smooth, unpack,
};
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
        prop_assert_eq!(bits(&decode(&encode(points.clone()).unwrap()).unwrap().columns()), bits(&points));
        prop_assert_eq!(bits(&decode_raw(&encode_raw(&points)).unwrap()), bits(&points));
    }

    #[test]
    fn even_steps_and_times_give_back_every_bit(first in any::<i64>(), stride in any::<i64>(), wall in 0u32.., every in 0u8..9, values in prop::collection::vec(any::<f32>(), 1..300)) {
        let points = Columns {
            steps: (0..values.len() as i64).map(|i| first.wrapping_add(stride.wrapping_mul(i))).collect(),
            walls: (0..values.len()).map(|i| f64::from(wall) + i as f64 * f64::from(every)).collect(),
            values: values.iter().map(|&value| f64::from(value)).collect(),
        };
        let bytes = encode(points.clone()).unwrap();
        prop_assert!(bytes.len() < 200 + 4 * values.len(), "{} bytes for {} points", bytes.len(), values.len());
        prop_assert_eq!(bits(&decode(&bytes).unwrap().columns()), bits(&points));
    }

    #[test]
    fn what_is_seen_does_not_depend_on_how_points_are_cut(points in columns(200), cuts in prop::collection::vec(1usize..60, 1..9), weight in 0.0..1.0, columns in 1usize..30) {
        let whole = Blocks::of(&points.clone());
        let (mut pieces, mut rest) = (Blocks::default(), points.clone());
        for cut in cuts {
            let tail = rest.split_off(cut.min(rest.len()));
            pieces.extend(&Blocks::of(&rest));
            rest = tail;
        }
        pieces.extend(&Blocks::of(&rest));
        prop_assert_eq!(bits(&pieces.columns()), bits(&points));
        let n = points.len();
        let grid = Grid { from: 0.0, to: n as f64, columns };
        let kept = m4(&whole, 0, n, |i| i as f64, &grid);
        prop_assert_eq!(&m4(&pieces, 0, n, |i| i as f64, &grid), &kept);
        let bits = |values: Vec<f64>| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(smooth(&pieces, weight, &kept)), bits(smooth(&whole, weight, &kept)));
        prop_assert_eq!(pieces.steps_in_order(), points.steps.is_sorted());
    }

    #[test]
    fn packed_values_give_back_every_byte(values in prop::collection::vec((any::<i64>(), 0.0..1e9, any::<u8>(), prop::collection::vec(0u8..4, 0..300)), 0..20), at in any::<prop::sample::Index>(), flip in 1u8..) {
        let all: Vec<Head> = values.iter().map(|(step, wall, form, bytes)| Head { step: *step, wall: *wall, form: *form, size: bytes.len() as u32, parts: 1, width: 2, height: 3 }).collect();
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.3.clone()).collect();
        let packed = pack(&all, &bytes);
        prop_assert_eq!(&heads(&packed.heads).unwrap(), &all);
        prop_assert_eq!(&unpack(&all, packed.body.clone(), packed.compressed).unwrap(), &bytes);
        if !packed.body.is_empty() {
            let mut hurt = packed.body;
            let at = at.index(hurt.len());
            hurt[at] ^= flip;
            let _ = unpack(&all, hurt.clone(), packed.compressed);
            hurt.truncate(at);
            prop_assert!(unpack(&all, hurt, packed.compressed).is_err());
        }
    }

    #[test]
    fn damaged_chunks_never_panic(points in columns(40), at in any::<prop::sample::Index>(), flip in 1u8.., cut in any::<prop::sample::Index>()) {
        let mut bytes = encode(points).unwrap();
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
        let points = Blocks::of(&Columns { steps: vec![0; values.len()], walls: x.clone(), values: values.clone() });
        let kept = m4(&points, 0, values.len(), |i| x[i], &grid);
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
    let bytes = encode(curve.clone()).unwrap();
    assert_eq!(decode(&bytes).unwrap().columns(), curve);
    assert!(bytes.len() < 6 * CHUNK, "{} bytes", bytes.len());
    curve.push(0, 0.0, 0.0);
    assert!(encode(curve).is_err(), "4097 points are no chunk");
}

/// Smoothed at every point.
fn smoothed(values: &[f64], weight: f64) -> Vec<f64> {
    let n = values.len();
    let columns = Columns {
        steps: vec![0; n],
        walls: vec![0.0; n],
        values: values.to_vec(),
    };
    smooth(&Blocks::of(&columns), weight, &(0..n).collect::<Vec<_>>())
}

#[test]
fn smoothing_is_tensorboards() {
    // last = last * w + (1 - w) * y;  y' = last / (1 - w^n), worked by hand for w = 0.6.
    let four = smoothed(&[1.0, 2.0, f64::NAN, 4.0], 0.6);
    assert!((four[0] - 1.0).abs() < 1e-12);
    assert!((four[1] - (0.4 * 0.6 + 0.8) / (1.0 - 0.36)).abs() < 1e-12);
    assert!(four[2].is_nan());
    assert!((four[3] - ((0.4 * 0.6 + 0.8) * 0.6 + 1.6) / (1.0 - 0.216)).abs() < 1e-12);
    assert_eq!(smoothed(&[3.0, 3.0], 0.9), [3.0, 3.0]);
}

#[test]
fn a_short_cut_through_a_long_series_shows_nothing() {
    let values: Vec<f64> = (0..300_000)
        .map(|i| f64::from(i).sin() * 1e3 + f64::from(i % 977))
        .collect();
    let n = values.len();
    let points = Blocks::of(&Columns {
        steps: vec![0; n],
        walls: vec![0.0; n],
        values,
    });
    let all: Vec<usize> = (0..n).collect();
    for weight in [0.3, 0.6, 0.9, 0.999] {
        let whole = smooth(&points, weight, &all);
        for index in [70_000, 200_001, 299_999] {
            let one = smooth(&points, weight, &[index])[0];
            let off = (one - whole[index]).abs() / whole[index].abs();
            assert!(off < 1e-14, "{weight} at {index}: {off:e}");
        }
    }
}

#[test]
fn times_near_a_line_take_half_the_memory_and_give_back_every_bit() {
    let walls: Vec<f64> = (0..4096)
        .map(|i| 1.7e9 + f64::from(i) * 0.2 + f64::from(i).sin() * 0.01)
        .collect();
    let columns = Columns {
        steps: vec![1; 4096],
        values: vec![0.5; 4096],
        walls,
    };
    let block = decode(&encode(columns.clone()).unwrap()).unwrap();
    assert!(block.bytes() < 9 * 4096, "{} bytes", block.bytes());
    assert_eq!(bits(&block.columns()), bits(&columns));
}
