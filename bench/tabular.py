"""Explanations of tables beside the libraries that people use for them, in turns in one run.

  ./x bench tabular [--only TEXT] [--runs N] [--threads N]

One JSON line a measurement and peer:
  value, peer_value   median CPU seconds of a call, of all threads; ratio = value / peer_value
  seconds, peer_seconds   median seconds on the clock
  runs                calls that were timed, of ours and of the peer alike; a call before them is not
  off                 largest difference of the answers, over the largest magnitude
  peak_mb             most memory that our process had

The trees are here: 500 of depth 6 over 30 columns by LightGBM and XGBoost, a forest of 100 of depth 8 by scikit-learn.
Every other tabular_*.py of this folder measures its own methods and is run after them, on models of tests/fixtures/goldens.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
GOLDENS = ROOT / "tests/fixtures/goldens"
BINARY = TARGET / "release/examples/tabular_trees"


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def forest_json(forest):
    """scikit-learn's forest in the form of `trees.json`."""
    trees = []
    for one in forest.estimators_:
        tree = one.tree_
        value = tree.value[:, 0, :]
        trees.append(
            {
                "left": tree.children_left.tolist(),
                "right": tree.children_right.tolist(),
                "feature": tree.feature.tolist(),
                "threshold": tree.threshold.tolist(),
                "cover": tree.weighted_n_node_samples.tolist(),
                "value": (value / value.sum(1, keepdims=True)).tolist(),
            }
        )
    return {"trees": trees}


def models(folder, threads):
    """Trains the models and writes their files."""
    import lightgbm
    import xgboost
    from sklearn.datasets import make_classification
    from sklearn.ensemble import RandomForestClassifier

    x, y = make_classification(20_000, 30, n_informative=20, random_state=0)
    x = x.astype("float32")
    how = dict(n_estimators=500, max_depth=6, n_jobs=threads)
    light = lightgbm.LGBMClassifier(**how, num_leaves=64, verbose=-1).fit(x, y)
    light.booster_.save_model(folder / "lightgbm.txt")
    extreme = xgboost.XGBClassifier(**how, tree_method="hist").fit(x, y)
    extreme.get_booster().save_model(folder / "xgboost.json")
    forest = RandomForestClassifier(100, max_depth=8, n_jobs=threads, random_state=0).fit(x, y)
    (folder / "forest.json").write_text(json.dumps(forest_json(forest)))
    return x, light, extreme, forest


def per_row(explainer, rows, columns):
    """shapiq's pairs as matrices."""
    import numpy as np

    all_pairs = np.zeros((len(rows), columns, columns))
    for row, x in enumerate(rows):
        found = explainer.explain(x)
        for (i, j), value in ((pair, v) for pair, v in found.dict_values.items() if len(pair) == 2):
            all_pairs[row, i, j] = all_pairs[row, j, i] = value / 2
    return all_pairs


def measurements(folder, threads):
    """Name, our arguments, and the peers: (name, a call, how its answer is compared)."""
    import lightgbm
    import numpy as np
    import shap
    import shapiq
    import xgboost

    x, light, extreme, forest = models(folder, threads)
    rows, background = x[:200], x[1000:1100]
    contributions = [
        (f"lightgbm {lightgbm.__version__}", lambda: light.booster_.predict(rows, pred_contrib=True, num_threads=threads)[:, :-1])
    ]
    booster, matrix = extreme.get_booster(), lambda r: xgboost.DMatrix(r, nthread=threads)
    extreme_rows = [(f"xgboost {xgboost.__version__}", lambda: booster.predict(matrix(rows), pred_contribs=True)[:, :-1])]
    of_forest = shap.TreeExplainer(forest)
    forest_rows = [
        (f"shap {shap.__version__}", lambda: np.moveaxis(of_forest.shap_values(rows[:100], check_additivity=False), 2, 0))
    ]
    of_light = shap.TreeExplainer(light)
    pairs = shapiq.TreeExplainer(model=light, max_order=2, min_order=1, index="SII")
    off_diagonal = np.where(np.eye(30, dtype=bool), 0.0, 1.0)
    interactions = [
        (f"shap {shap.__version__}", lambda: of_light.shap_interaction_values(rows[:5]), None),
        (f"shapiq {version('shapiq')}", lambda: per_row(pairs, rows[:5], 30), off_diagonal),
    ]
    of_background = shap.TreeExplainer(light, background, feature_perturbation="interventional")
    against = [(f"shap {shap.__version__}", lambda: of_background.shap_values(rows[:50], check_additivity=False))]
    path, other = {"perturbation": "path_dependent"}, {"perturbation": "interventional"}
    return [
        ("tree_shap_lightgbm_200", "lightgbm.txt", rows, "tree_shap", path, None, contributions),
        ("tree_shap_xgboost_200", "xgboost.json", rows, "tree_shap", path, None, extreme_rows),
        ("tree_shap_forest_100", "forest.json", rows[:100], "tree_shap", path, None, forest_rows),
        ("tree_shap_interactions_5", "lightgbm.txt", rows[:5], "tree_shap_interactions", {}, None, interactions),
        ("tree_shap_interventional_50x100", "lightgbm.txt", rows[:50], "tree_shap", other, background, against),
        ("tree_shap_interventional_10000x1000", "lightgbm.txt", x[:10_000], "tree_shap", other, x[-1000:], []),
    ]


def version(package):
    from importlib.metadata import version

    return version(package)


def ours(folder, model, rows, method, params, background, runs, threads):
    """One call that is not counted, then `runs` that are."""
    import numpy as np

    np.save(folder / "rows.npy", rows.astype("f8"))
    command = [BINARY, folder / model, folder / "rows.npy", method, json.dumps(params), str(runs + 1), folder / "out.npy"]
    if background is not None:
        np.save(folder / "background.npy", background.astype("f8"))
        command.append(folder / "background.npy")
    environment = {**os.environ, "RAYON_NUM_THREADS": str(threads)}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return json.loads(done.stdout), np.load(folder / "out.npy")


def timed(call):
    wall, cpu = time.perf_counter(), time.process_time()
    answer = call()
    return time.perf_counter() - wall, time.process_time() - cpu, answer


def off(mine, theirs, weights):
    import numpy as np

    mine = np.asarray(mine).reshape(np.shape(theirs)).astype("f8")
    weights = 1.0 if weights is None else weights
    return float(np.abs((mine - theirs) * weights).max() / np.abs(theirs * weights).max())


def line(**facts):
    shown = {k: float(f"{v:.5g}") if isinstance(v, float) else v for k, v in facts.items() if v is not None}
    print(json.dumps(shown), flush=True)


def trees(args):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for title, model, rows, method, params, background, peers in measurements(folder, args.threads):
            if args.only not in title:
                continue
            runs = args.runs if peers else 1
            rounds, found = [], [[] for _ in peers]
            for peer in peers:
                peer[1]()
            for _ in range(runs):
                facts, answer = ours(folder, model, rows, method, params, background, 1, args.threads)
                rounds.append(facts)
                for peer, times in zip(peers, found):
                    times.append(timed(peer[1]))
            value = statistics.median(r["cpu_seconds"][-1] for r in rounds)
            common = {
                "name": title,
                "unit": "CPU seconds",
                "value": value,
                "cpu_seconds": value,
                "seconds": statistics.median(r["seconds"][-1] for r in rounds),
                "peak_mb": max(r["peak_mb"] for r in rounds),
                "runs": runs,
            }
            if not peers:
                line(**common)
            for peer, times in zip(peers, found):
                theirs = statistics.median(t[1] for t in times)
                wall = statistics.median(t[0] for t in times)
                weights = peer[2] if len(peer) > 2 else None
                distance = off(answer, times[-1][2], weights)
                line(**common, peer=peer[0], peer_value=theirs, ratio=value / theirs, peer_seconds=wall, off=distance)


def main():
    args = arguments()
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[variable] = str(args.threads)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import warnings

    warnings.filterwarnings("ignore")
    trees(args)
    for script in sorted(Path(__file__).parent.glob("tabular_*.py")):
        if not args.only or args.only in script.stem:
            folder = GOLDENS / "models" if script.stem == "tabular_pdp" else GOLDENS
            subprocess.run([sys.executable, script, folder], check=True)


if __name__ == "__main__":
    main()
