//! Pictures of points whose order is known.

use glassboard_projection::{Method, Points, Projected, ProjectionError, Question, nearest, project};
use proptest::prelude::*;

/// Numbers from -0.5 to 0.5, the same every time.
fn noise(n: usize) -> impl Iterator<Item = f32> {
    (0..n as u64).map(|i| {
        let mut x = i.wrapping_add(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    })
}

/// Point `i` is in cluster `i % 3`; clusters are far apart.
fn clusters(n: usize, width: usize) -> Points {
    let values = noise(n * width)
        .enumerate()
        .map(|(at, off)| {
            if at % width == (at / width) % 3 {
                10.0 + off
            } else {
                off
            }
        })
        .collect();
    Points::new(width, values).expect("points")
}

fn ask(points: &Points, method: Method, dimensions: usize) -> Projected {
    let question = Question {
        method,
        dimensions,
        spherize: false,
        seed: 7,
    };
    project(points.clone(), &question, &mut |_: f64, _: &str| true).expect("a picture")
}

const TSNE: Method = Method::Tsne { perplexity: 10.0 };
const UMAP: Method = Method::Umap {
    neighbours: 10,
    minimum_distance: 0.1,
};

#[test]
fn components_are_the_directions_that_were_put_in_whichever_matrix_is_the_smaller() {
    for width in [6, 450] {
        let n = 200;
        let (a, b): (Vec<f32>, Vec<f32>) = (noise(n).collect(), noise(2 * n).skip(n).collect());
        let values = noise(n * width)
            .enumerate()
            .map(|(at, off)| {
                let put = match at % width {
                    1 => 8.0 * a[at / width],
                    2 => 2.0 * b[at / width],
                    _ => 0.0,
                };
                3.0 + put + off * 1e-3
            })
            .collect();
        let found = ask(&Points::new(width, values).expect("points"), Method::Pca, 2);
        assert!(
            found.variance[0] > 0.9 && found.variance[1] > 0.03 && found.variance[2] < 0.01,
            "{:?}",
            found.variance
        );
        let mean = a.iter().sum::<f32>() / n as f32;
        for (at, put) in found.at.chunks(2).zip(&a) {
            assert!((at[0] - 8.0 * (put - mean)).abs() < 0.1, "{width}: {} for {put}", at[0]);
        }
    }
}

#[test]
fn clusters_stay_together() {
    let points = clusters(150, 8);
    for method in [TSNE, UMAP] {
        for dimensions in [2, 3] {
            let found = ask(&points, method, dimensions);
            let picture = Points::new(dimensions, found.at.clone()).expect("finite places");
            let all: Vec<u32> = (0..150).collect();
            let near = nearest(&picture, &all, 5, &mut |_| Ok(())).expect("neighbours");
            let same = (0..150).map(|i| {
                near.index[i * 5..][..5]
                    .iter()
                    .filter(|j| **j as usize % 3 == i % 3)
                    .count()
            });
            let same: usize = same.sum();
            assert!(same >= 740, "{method:?} in {dimensions}: {same} of 750");
            assert!(
                found.kept.share > 3.0 * found.kept.chance,
                "{method:?}: {:?}",
                found.kept
            );
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let points = clusters(400, 20);
    for method in [Method::Pca, TSNE, UMAP] {
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .expect("a pool");
            pool.install(|| ask(&points, method, 3))
        };
        let one = with(1);
        let bits = |found: &Projected| found.at.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert!(bits(&one) == bits(&with(2)), "{method:?} on two threads");
        assert!(bits(&one) == bits(&with(3)), "{method:?} on three threads");
        assert_eq!(one.kept, with(2).kept);
    }
}

#[test]
fn another_seed_is_another_picture() {
    let points = clusters(100, 5);
    let with = |seed| {
        let question = Question {
            method: UMAP,
            dimensions: 2,
            spherize: true,
            seed,
        };
        project(points.clone(), &question, &mut |_: f64, _: &str| true)
            .expect("a picture")
            .at
    };
    assert_ne!(with(1), with(2));
    assert_eq!(with(1), with(1));
}

#[test]
fn equal_points_few_points_and_no_variance_have_pictures_too() {
    for (n, width) in [(4, 1), (5, 3), (50, 2)] {
        let same = Points::new(width, vec![2.5; n * width]).expect("points");
        for method in [Method::Pca, TSNE, UMAP] {
            let found = ask(&same, method, 2);
            assert_eq!(found.at.len(), n * 2);
            assert!(found.at.iter().all(|v| v.is_finite()), "{n} points, {method:?}");
        }
    }
}

#[test]
fn what_cannot_be_is_a_sentence() {
    let refused = |points: Points, method, dimensions| {
        let question = Question {
            method,
            dimensions,
            spherize: false,
            seed: 0,
        };
        match project(points, &question, &mut |_: f64, _: &str| true) {
            Err(ProjectionError::Question(sentence)) => sentence,
            other => panic!("{other:?}"),
        }
    };
    assert!(refused(clusters(3, 3), Method::Pca, 2).contains("4 at least"));
    assert!(refused(clusters(9, 3), Method::Pca, 5).contains("2 or 3"));
    assert!(refused(clusters(9, 3), Method::Tsne { perplexity: f32::NAN }, 2).contains("perplexity"));
    let error = Points::new(2, vec![1.0, 2.0, f32::NAN, 0.0])
        .expect_err("refused")
        .to_string();
    assert!(error.contains("point 2") && error.contains("dimension 1"), "{error}");
    let stop = project(
        clusters(50, 3),
        &Question {
            method: UMAP,
            dimensions: 2,
            spherize: false,
            seed: 0,
        },
        &mut |done: f64, _: &str| done < 0.6,
    );
    assert_eq!(stop, Err(ProjectionError::Cancelled));
}

proptest! {
    #[test]
    fn neighbours_are_those_of_every_pair(n in 2_usize..150, width in 1_usize..9, seed in any::<u32>()) {
        let values: Vec<f32> = noise(n * width + seed as usize % 1000).skip(seed as usize % 1000).map(|v| (v * 8.0).round()).collect();
        let points = Points::new(width, values).expect("points");
        let k = (n - 1).min(7);
        let all: Vec<u32> = (0..n as u32).collect();
        let found = nearest(&points, &all, k, &mut |_| Ok(())).expect("neighbours");
        for i in 0..n {
            let apart = |j: usize| points.point(i).iter().zip(points.point(j)).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
            let mut every: Vec<(f32, usize)> = (0..n).filter(|j| *j != i).map(|j| (apart(j), j)).collect();
            every.sort_by(|a, b| a.partial_cmp(b).expect("finite"));
            // Of equally far ones any may come; the distances are one answer only.
            let distances: Vec<f32> = every.iter().take(k).map(|one| one.0.sqrt()).collect();
            prop_assert_eq!(&found.distance[i * k..][..k], &distances[..]);
        }
    }
}
