"""Small models of each library with their own answers, for the tests of this crate: `python make.py` beside them."""

import json
from pathlib import Path

import catboost
import lightgbm
import numpy as np
import pandas
import xgboost

HERE = Path(__file__).parent
rng = np.random.default_rng(5)
x = rng.normal(size=(200, 3))
x[rng.random(x.shape) < 0.1] = np.nan
codes = rng.integers(0, 4, 200)
labels = np.array(["ash", "birch", "cedar", "elm"], dtype=object)[codes]
signal = np.nan_to_num(x[:, 0]) + 1.5 * (codes % 2)
binary = (signal > np.median(signal)).astype(int)
classes = np.digitize(signal, np.quantile(signal, [0.3, 0.7]))
frame = pandas.DataFrame(x, columns=["width", "height", "depth"])
frame["tree"] = pandas.Categorical(labels)
rows = np.column_stack([x, codes])[:12]
answers = {}


def note(name, margin, given=rows):
    margin = np.asarray(margin, dtype=float).reshape(len(given), -1)
    cells = [[None if np.isnan(v) else float(v) for v in row] for row in given]
    answers[name] = {"rows": cells, "margin": margin.tolist()}


small = {"verbose": -1, "num_leaves": 5, "min_data_in_leaf": 10, "min_data_per_group": 5, "cat_smooth": 1}
m = lightgbm.train({**small, "objective": "binary"}, lightgbm.Dataset(frame, binary), 4)
m.save_model(HERE / "lightgbm.txt")
note("lightgbm.txt", m.predict(frame[:12], raw_score=True))

data = xgboost.DMatrix(frame, classes, enable_categorical=True)
m = xgboost.train({"objective": "multi:softprob", "num_class": 3, "max_depth": 2, "max_cat_to_onehot": 1}, data, 2)
for form in ["json", "ubj"]:
    m.save_model(HERE / f"xgboost.{form}")
    note(f"xgboost.{form}", m.predict(data, output_margin=True)[:12])

data = xgboost.DMatrix(np.nan_to_num(x), signal)
m = xgboost.train({"booster": "gblinear"}, data, 3)
m.save_model(HERE / "linear.json")
note("linear.json", m.predict(data)[:12], np.nan_to_num(x)[:12])

text = frame.assign(tree=labels)
pool = catboost.Pool(text, binary, cat_features=["tree"])
for policy in ["SymmetricTree", "Depthwise"]:
    m = catboost.CatBoost({
        "loss_function": "Logloss", "iterations": 3, "depth": 2, "grow_policy": policy, "one_hot_max_size": 9,
        "verbose": 0, "allow_writing_files": False,
    }).fit(pool)
    file = HERE / f"catboost-{policy}.json"
    m.save_model(str(file), format="json", pool=pool)
    held = json.loads(file.read_text())
    held["model_info"] = {"params": {"loss_function": held["model_info"]["params"]["loss_function"]}, "class_params": held["model_info"]["class_params"]}
    file.write_text(json.dumps(held))
    names = {e["hash"]: e["value"] for e in held["features_info"]["cat_features_hash"]}
    order = [names[v % 2**32] for v in held["features_info"]["categorical_features"][0].get("values", [])]
    given = np.column_stack([x, [order.index(v) if v in order else len(order) for v in labels]])[:12]
    note(file.name, m.predict(pool, prediction_type="RawFormulaVal")[:12], given)

m = catboost.CatBoost({"loss_function": "Logloss", "iterations": 3, "depth": 2, "verbose": 0, "allow_writing_files": False}).fit(np.nan_to_num(x), binary)
m.save_model(str(HERE / "catboost.onnx"), format="onnx")
note("catboost.onnx", m.predict(np.nan_to_num(x)[:12], prediction_type="RawFormulaVal"), np.nan_to_num(x)[:12])

trees = [{"left": [1, -1, 3, -1, -1], "right": [2, -1, 4, -1, -1], "feature": [0, -2, 1, -2, -2],
          "threshold": [0.5, -2, -0.25, -2, -2], "cover": [10, 6, 4, 1, 3], "value": [[0], [1.5], [0], [-2], [4]]}]
(HERE / "plain.trees.json").write_text(json.dumps({"trees": trees, "combine": {"base": 1, "scale": 0.5}}))
note("plain.trees.json", [1.75, 0, 3], np.array([[0.5, 0], [1, -1], [1, 1.0]]))
(HERE / "answers.json").write_text(json.dumps(answers))
