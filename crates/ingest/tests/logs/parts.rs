//! Folders that `add_hparams` makes count as the run they lie in; embeddings come and go with their run.

use glassboard_events::write::scalar;
use glassboard_store::Actor;
use glassboard_store::logs::Deletion;

use crate::common::{Bench, file, write};

#[test]
fn a_folder_named_by_a_time_is_a_part_of_its_run() {
    let bench = Bench::new();
    for (run, tag) in [
        ("a", "loss"),
        ("a/1795692462.25", "hparam/loss"),
        ("b/1795692462.25", "hparam/loss"),
    ] {
        let bytes = file(&[scalar(1e9, 1, tag, 0.5)]);
        write(&bench.logs(), run, "events.out.tfevents.1.host", &bytes);
    }
    let experiment = bench.import(&bench.logs()).experiment;
    bench.runtime.block_on(async {
        let (store, actor) = (&bench.store, &Actor::OWNER);
        let runs = store.runs(actor, &experiment).await.expect("runs");
        let names: Vec<_> = runs.iter().map(|run| (run.name.as_str(), run.points)).collect();
        assert_eq!(names, [("a", 2), ("b/1795692462.25", 1)]);
        let tags = store.tags(actor, &experiment, None).await.expect("tags");
        let of_part = tags
            .iter()
            .find(|tag| tag.tag == "hparam/loss")
            .expect("the part's tag");
        assert_eq!(of_part.runs, [runs[0].id.clone(), runs[1].id.clone()]);
        let latest = store
            .latest_values(actor, &experiment, "hparam/loss")
            .await
            .expect("values");
        assert!(latest.contains_key(&runs[0].id));
        let sessions = store.sessions(actor, &experiment).await.expect("sessions");
        assert_eq!(sessions[0].reached.len(), 2);

        store
            .delete_run(actor, &experiment, &runs[0].id, Deletion::Now)
            .await
            .expect("a deletion");
        let left = store.runs(actor, &experiment).await.expect("runs");
        assert_eq!(left.len(), 1);
        assert_eq!(store.tags(actor, &experiment, None).await.expect("tags").len(), 1);
    });
}

#[test]
fn embeddings_are_blobs_that_go_with_their_run() {
    let bench = Bench::new();
    let folder = bench.logs().join("a");
    let bytes = file(&[scalar(1e9, 1, "loss", 0.5)]);
    write(&bench.logs(), "a", "events.out.tfevents.1.host", &bytes);
    std::fs::write(folder.join("t.tsv"), "1\t2\n3\t4\n").expect("a file");
    let config = "embeddings { tensor_name: \"e\" tensor_path: \"t.tsv\" }";
    std::fs::write(folder.join("projector_config.pbtxt"), config).expect("a file");
    let experiment = bench.import(&bench.logs()).experiment;
    bench.runtime.block_on(async {
        let (store, actor) = (&bench.store, &Actor::OWNER);
        let all = store.embeddings(actor, &experiment).await.expect("embeddings");
        let hash = all[0].read.tensor.clone().expect("the points");
        assert_eq!(
            (
                (all[0].read.n, all[0].read.width),
                store.read_blob(&hash).await.expect("bytes").len()
            ),
            ((2, 2), 16)
        );
        store.sweep_blobs().await.expect("a sweep");
        assert!(store.read_blob(&hash).await.is_ok());
        store
            .delete_run(actor, &experiment, &all[0].run, Deletion::Now)
            .await
            .expect("a deletion");
        assert!(store.read_blob(&hash).await.is_err());
        assert!(
            store
                .embeddings(actor, &experiment)
                .await
                .expect("embeddings")
                .is_empty()
        );
    });
}
