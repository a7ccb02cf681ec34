//! Integer products against plain loops, exactly.

use glassboard_kernels::integer;
use proptest::prelude::*;

fn plain(depth: usize, a: &[i16], b: &[i16]) -> Vec<i32> {
    a.chunks_exact(depth)
        .flat_map(|row| {
            b.chunks_exact(depth).map(move |column| {
                let products = row.iter().zip(column).map(|(&a, &b)| i64::from(a) * i64::from(b));
                products.sum::<i64>() as i32
            })
        })
        .collect()
}

fn numbers(len: usize, seed: u64) -> Vec<i16> {
    (0..len as u64)
        .map(|i| ((i.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 7) % 65_536) as u16 as i16)
        .collect()
}

proptest! {
    #[test]
    fn products_are_exact(rows in 1usize..9, columns in 1usize..150, depth in 1usize..70, seed: u64) {
        let (a, b) = (numbers(rows * depth, seed), numbers(columns * depth, !seed));
        let mut y = vec![0; rows * columns];
        integer::product(depth, &a, &b, &mut y);
        prop_assert_eq!(y, plain(depth, &a, &b));
    }
}

#[test]
fn a_large_product_is_cut_into_pieces() {
    let (a, b) = (numbers(40 * 300, 1), numbers(333 * 300, 2));
    let mut y = vec![0; 40 * 333];
    integer::product(300, &a, &b, &mut y);
    assert_eq!(y, plain(300, &a, &b));
}
