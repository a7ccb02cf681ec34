"""Native files of LightGBM, XGBoost and CatBoost: predictions equal to those of the libraries that wrote them."""

import subprocess
import tempfile
import unittest
from pathlib import Path

import catboost
import lightgbm
import numpy as np
import pandas
import xgboost

ROOT = Path(__file__).resolve().parents[2]
ROWS, NAMES = 400, list("abcde")
RNG = np.random.default_rng(11)


def table():
    """Numbers with missing values and zeros, and a category of five labels in the last column."""
    x = RNG.normal(size=(ROWS, 4))
    x[RNG.random(x.shape) < 0.1] = np.nan
    x[RNG.random(x.shape) < 0.1] = 0.0
    return x, RNG.integers(0, 5, ROWS)


X, C = table()
NUMBERS = np.column_stack([X, C]).astype(float)
CODES = NUMBERS.copy()
CODES[::17, 4] = np.nan
SIGNAL = np.nan_to_num(X[:, 0]) + 0.7 * np.nan_to_num(X[:, 1]) * (C % 2) + 0.3 * C + 0.2 * RNG.normal(size=ROWS)
BINARY = (SIGNAL > np.median(SIGNAL)).astype(int)
CLASSES = np.digitize(SIGNAL, np.quantile(SIGNAL, [0.3, 0.7]))
COUNTS = np.round(np.exp(np.clip(SIGNAL, -2, 3)))
POSITIVE = np.exp(SIGNAL)


def frame():
    columns = pandas.DataFrame(X, columns=NAMES[:4])
    labels = np.array(["ash", "birch", "cedar", "elm", "fir"], dtype=object)[C]
    labels[::17] = None
    columns["e"] = pandas.Categorical(labels)
    return columns


class Native(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        build = ["cargo", "build", "--quiet", "--locked", "-p", "glassboard-glassbox", "--example", "predict", "--message-format=json"]
        import json

        out = subprocess.run(build, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        made = [json.loads(line) for line in out.splitlines()]
        cls.predict = next(m["executable"] for m in made if m.get("executable"))
        cls.folder = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def path(self, name):
        return str(Path(self.folder.name) / name)

    def ours(self, model, rows, output):
        rows = np.ascontiguousarray(rows, dtype="<f8")
        file = Path(self.folder.name) / "rows"
        file.write_bytes(rows.tobytes())
        run = subprocess.run([self.predict, model, file, str(rows.shape[1]), output], capture_output=True)
        self.assertEqual(run.returncode, 0, run.stderr.decode())
        return np.frombuffer(run.stdout, "<f8").reshape(len(rows), -1)

    def same(self, model, rows, output, expected, within=0.0):
        """`within` units in the last place of the type that the library answers in; 0 is equal bits."""
        expected = np.asarray(expected)
        expected = expected.reshape(len(rows), -1)
        ours = self.ours(model, rows, output)
        self.assertEqual(ours.shape, expected.shape)
        if within:
            far = np.abs(ours.astype(expected.dtype) - expected) / np.spacing(np.maximum(np.abs(expected), 1e-3).astype(expected.dtype))
            self.assertLessEqual(float(far.max()), within)
        else:
            np.testing.assert_array_equal(ours.astype(expected.dtype), expected)

    # LightGBM

    def lightgbm(self, params, data, label, rows, outputs, rounds=30, **kwargs):
        train = lightgbm.Dataset(data, label, free_raw_data=False, **kwargs)
        quiet = {"verbose": -1, "num_threads": 1, "min_data_in_leaf": 5, "deterministic": True, "seed": 3}
        booster = lightgbm.train({**quiet, **params}, train, rounds)
        file = self.path("model.txt")
        booster.save_model(file)
        booster = lightgbm.Booster(model_file=file)
        for output in outputs:
            expected = booster.predict(data, raw_score=output == "margin")
            if output == "probabilities" and expected.ndim == 1:
                expected = np.column_stack([1 - expected, expected])
            if params.get("boosting") == "rf" and output == "margin":
                # LightGBM's raw score of a forest is the sum, its prediction goes through the mean.
                self.same(file, rows, output, expected / rounds, 4)
                continue
            # The margins are sums of doubles in the same order; exp is the machine's own.
            self.same(file, rows, output, expected, 0 if output == "margin" else 4)
        return booster

    def test_lightgbm_numbers(self):
        classes = ["margin", "probabilities"]
        for name, params, label, outputs in [
            ("binary", {"objective": "binary"}, BINARY, classes),
            ("sigmoid", {"objective": "binary", "sigmoid": 0.7}, BINARY, classes),
            ("zero as missing", {"objective": "binary", "zero_as_missing": True}, BINARY, classes),
            ("no missing", {"objective": "binary", "use_missing": False}, BINARY, classes),
            ("multiclass", {"objective": "multiclass", "num_class": 3}, CLASSES, classes),
            ("one against all", {"objective": "multiclassova", "num_class": 3}, CLASSES, classes),
            ("dart", {"objective": "binary", "boosting": "dart"}, BINARY, classes),
            ("forest", {"objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}, BINARY, classes),
            ("forest of classes", {"objective": "multiclass", "num_class": 3, "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}, CLASSES, classes),
            ("regression", {"objective": "regression"}, SIGNAL, ["prediction"]),
            ("l1", {"objective": "regression_l1"}, SIGNAL, ["prediction"]),
            ("quantile", {"objective": "quantile", "alpha": 0.8}, SIGNAL, ["prediction"]),
            ("square root", {"objective": "regression", "reg_sqrt": True}, POSITIVE, ["margin", "prediction"]),
            ("poisson", {"objective": "poisson"}, COUNTS, ["margin", "prediction"]),
            ("gamma", {"objective": "gamma"}, POSITIVE, ["margin", "prediction"]),
            ("tweedie", {"objective": "tweedie"}, POSITIVE, ["margin", "prediction"]),
            ("cross entropy", {"objective": "cross_entropy"}, BINARY, ["margin", "prediction"]),
            ("cross entropy lambda", {"objective": "cross_entropy_lambda"}, BINARY, ["margin", "prediction"]),
        ]:
            with self.subTest(name):
                self.lightgbm(params, NUMBERS, label, NUMBERS, outputs)

    def test_lightgbm_categories(self):
        codes = frame()
        rows = np.column_stack([codes[NAMES[:4]], codes["e"].cat.codes.replace(-1, np.nan)])
        self.lightgbm({"objective": "binary", "min_data_per_group": 5, "cat_smooth": 1}, codes, BINARY, rows, ["margin"])
        data = CODES.copy()
        self.lightgbm({"objective": "regression", "min_data_per_group": 5}, data, SIGNAL, data, ["prediction"], categorical_feature=[4])

    def test_lightgbm_one_leaf(self):
        self.lightgbm({"objective": "regression", "min_data_in_leaf": ROWS}, NUMBERS, SIGNAL, NUMBERS, ["prediction"], rounds=3)

    # XGBoost

    def xgboost(self, params, data, label, rows, outputs, rounds=20):
        train = xgboost.DMatrix(data, label, enable_categorical=True)
        booster = xgboost.train({"nthread": 1, "max_depth": 4, "seed": 3, **params}, train, rounds)
        for form in ["json", "ubj"]:
            file = self.path(f"model.{form}")
            booster.save_model(file)
            for output in outputs:
                expected = booster.predict(train, output_margin=output == "margin")
                if output == "probabilities" and expected.ndim == 1:
                    expected = np.column_stack([1 - expected, expected])
                if params.get("objective") == "multi:softmax" and output == "probabilities":
                    continue
                self.same(file, rows, output, expected, params.get("within", {}).get(output, 0))

    def test_xgboost_numbers(self):
        classes = ["margin", "probabilities"]
        both = np.column_stack([SIGNAL, POSITIVE])
        for name, params, label, outputs in [
            ("binary", {"objective": "binary:logistic"}, BINARY, classes),
            ("base score", {"objective": "binary:logistic", "base_score": 0.3}, BINARY, classes),
            ("raw", {"objective": "binary:logitraw"}, BINARY, ["prediction"]),
            ("hinge", {"objective": "binary:hinge"}, BINARY, ["margin", "prediction"]),
            ("softprob", {"objective": "multi:softprob", "num_class": 3}, CLASSES, classes),
            ("softmax", {"objective": "multi:softmax", "num_class": 3}, CLASSES, classes),
            ("dart", {"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.3}, BINARY, classes),
            ("dart of classes", {"objective": "multi:softprob", "num_class": 3, "booster": "dart", "rate_drop": 0.3}, CLASSES, classes),
            ("forest", {"objective": "binary:logistic", "num_parallel_tree": 5, "subsample": 0.6}, BINARY, classes),
            ("forest of classes", {"objective": "multi:softprob", "num_class": 3, "num_parallel_tree": 3, "subsample": 0.6}, CLASSES, classes),
            ("regression", {"objective": "reg:squarederror"}, SIGNAL, ["prediction"]),
            ("absolute", {"objective": "reg:absoluteerror"}, SIGNAL, ["prediction"]),
            ("fraction", {"objective": "reg:logistic"}, BINARY, ["margin", "prediction"]),
            ("poisson", {"objective": "count:poisson"}, COUNTS, ["margin", "prediction"]),
            ("gamma", {"objective": "reg:gamma"}, POSITIVE, ["margin", "prediction"]),
            ("tweedie", {"objective": "reg:tweedie"}, POSITIVE, ["margin", "prediction"]),
            ("two targets", {"objective": "reg:squarederror"}, both, ["prediction"]),
            ("vector leaves", {"objective": "reg:squarederror", "multi_strategy": "multi_output_tree"}, both, ["prediction"]),
            ("linear", {"booster": "gblinear", "objective": "reg:squarederror"}, SIGNAL, ["prediction"]),
            ("linear classes", {"booster": "gblinear", "objective": "multi:softprob", "num_class": 3}, CLASSES, classes),
        ]:
            with self.subTest(name):
                if "linear" in name:
                    params = {k: v for k, v in params.items()}
                self.xgboost(params, NUMBERS, label, NUMBERS, outputs)

    def test_xgboost_categories(self):
        data = frame()
        rows = np.column_stack([data[NAMES[:4]], data["e"].cat.codes.replace(-1, np.nan)])
        for onehot in [1, 100]:
            self.xgboost({"objective": "binary:logistic", "max_cat_to_onehot": onehot}, data, BINARY, rows, ["margin", "probabilities"])

    # CatBoost

    def catboost(self, params, data, label, rows, outputs, cats=(), kind=catboost.CatBoost):
        quiet = {"iterations": 20, "depth": 4, "verbose": 0, "allow_writing_files": False, "thread_count": 1, "random_seed": 3}
        pool = catboost.Pool(data, label, cat_features=list(cats))
        model = catboost.CatBoost({**quiet, **params}).fit(pool)
        file = self.path("model.json")
        model.save_model(file, format="json", pool=pool)
        for output in outputs:
            expected = model.predict(pool, prediction_type={"margin": "RawFormulaVal", "probabilities": "Probability", "prediction": "RawFormulaVal", "exponent": "Exponent"}[output])
            self.same(file, rows(file) if callable(rows) else rows, output.replace("exponent", "prediction"), expected, 4)

    def test_catboost_numbers(self):
        classes = ["margin", "probabilities"]
        for name, params, label, outputs in [
            ("binary", {"loss_function": "Logloss"}, BINARY, classes),
            ("nan first", {"loss_function": "Logloss", "nan_mode": "Max"}, BINARY, classes),
            ("classes", {"loss_function": "MultiClass"}, CLASSES, classes),
            ("one against all", {"loss_function": "MultiClassOneVsAll"}, CLASSES, classes),
            ("depthwise", {"loss_function": "Logloss", "grow_policy": "Depthwise"}, BINARY, classes),
            ("lossguide", {"loss_function": "MultiClass", "grow_policy": "Lossguide"}, CLASSES, classes),
            ("regression", {"loss_function": "RMSE"}, SIGNAL, ["prediction"]),
            ("poisson", {"loss_function": "Poisson"}, COUNTS, ["margin", "exponent"]),
            ("two targets", {"loss_function": "MultiRMSE"}, np.column_stack([SIGNAL, POSITIVE]), ["prediction"]),
        ]:
            with self.subTest(name):
                self.catboost(params, NUMBERS, label, NUMBERS, outputs)

    def test_catboost_categories(self):
        import json

        data = frame()
        data["e"] = data["e"].astype(object).where(data["e"].notna(), "none")

        def rows(file):
            info = json.loads(Path(file).read_text())["features_info"]
            names = {entry["hash"]: entry["value"] for entry in info["cat_features_hash"]}
            labels = [names[value % 2**32] for value in info["categorical_features"][0]["values"]]
            number = {label: at for at, label in enumerate(labels)}
            return np.column_stack([data[NAMES[:4]], data["e"].map(lambda v: number.get(v, len(labels)))])

        for policy in ["SymmetricTree", "Depthwise"]:
            params = {"loss_function": "Logloss", "one_hot_max_size": 10, "grow_policy": policy}
            self.catboost(params, data, BINARY, rows, ["margin", "probabilities"], cats=[4])


if __name__ == "__main__":
    unittest.main()
