"""Native files of LightGBM, XGBoost and CatBoost: predictions equal to those of the libraries that wrote them."""

import json
import subprocess
import tempfile
import unittest
from pathlib import Path

import catboost
import lightgbm
import numpy as np
import onnxruntime
import pandas
import xgboost

ROOT = Path(__file__).resolve().parents[2]
# Models of others and golden cases, read in place where they lie beside the project.
REAL = ROOT.parent / "shared/data/real"
GOLDENS = ROOT.parent / "shared/data/goldens"
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


# Units in the last place that exponentials of two mathematics libraries may differ by, sums of three of them included.
EXP = 8
LINKED = ("poisson", "gamma", "tweedie", "cross_entropy", "cross_entropy_lambda")


def linked(params):
    return params["objective"] in LINKED or params.get("boosting") == "rf"


def frame():
    columns = pandas.DataFrame(X, columns=NAMES[:4])
    labels = np.array(["ash", "birch", "cedar", "elm", "fir"], dtype=object)[C]
    labels[::17] = None
    columns["e"] = pandas.Categorical(labels)
    return columns


class Native(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        build = ["cargo", "build", "--quiet", "--locked", "-p", "glassboard-glassbox", "--example", "predict"]
        build.append("--message-format=json")
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
                self.same(file, rows, output, expected / rounds, EXP)
                continue
            # Sums are of doubles in the same order: equal bits. Exponentials are the machine's own.
            exact = output == "margin" or (output == "prediction" and not linked(params))
            self.same(file, rows, output, expected, 0 if exact else EXP)
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
                if params["objective"] == "multi:softmax" and output == "probabilities":
                    continue  # The library answers with the class alone.
                self.same(file, rows, output, expected)

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
                self.xgboost(params, NUMBERS, label, NUMBERS, outputs)

    def test_xgboost_categories(self):
        data = frame()
        rows = np.column_stack([data[NAMES[:4]], data["e"].cat.codes.replace(-1, np.nan)])
        for onehot in [1, 100]:
            self.xgboost({"objective": "binary:logistic", "max_cat_to_onehot": onehot}, data, BINARY, rows, ["margin", "probabilities"])

    # CatBoost

    def catboost(self, params, data, label, rows, outputs, cats=()):
        quiet = {"iterations": 20, "depth": 4, "verbose": 0, "allow_writing_files": False, "thread_count": 1, "random_seed": 3}
        pool = catboost.Pool(data, label, cat_features=list(cats))
        model = catboost.CatBoost({**quiet, **params}).fit(pool)
        file = self.path("model.json")
        model.save_model(file, format="json", pool=pool)
        for output in outputs:
            kind = {"probabilities": "Probability", "exponent": "Exponent"}.get(output, "RawFormulaVal")
            expected = model.predict(pool, prediction_type=kind)
            given = rows(file) if callable(rows) else rows
            exact = output in ("margin", "prediction")
            self.same(file, given, output.replace("exponent", "prediction"), expected, 0 if exact else EXP)

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

    # Files of others

    @unittest.skipUnless(REAL.exists(), "the files of others are not beside the project")
    def test_files_of_others(self):
        leaves, toy = REAL / "gbdt/dmitryikh+leaves/testdata", REAL / "gbdt/dmlc+treelite/tests/examples/toy_categorical"
        rng = np.random.default_rng(2)
        for file, output, told in [
            (leaves / "lg_breast_cancer.txt", "margin", None),
            (leaves / "lg_dart_breast_cancer.model", "margin", None),
            (leaves / "lgmulticlass.model", "margin", None),
            (leaves / "lgmulticlass.model", "probabilities", None),
            (toy / "toy_categorical_model.txt", "prediction", None),
        ]:
            with self.subTest(file.name, output=output):
                booster = lightgbm.Booster(model_file=file)
                rows = rng.normal(size=(500, booster.num_feature())) * 100
                if "categorical" in file.name:
                    rows = rng.integers(-1, 8, rows.shape).astype(float)
                rows[rng.random(rows.shape) < 0.1] = np.nan
                expected = booster.predict(rows, raw_score=output == "margin")
                self.same(str(file), rows, output, expected, EXP if output == "probabilities" else 0)
        # The answers that came with the files.
        rows = np.loadtxt(leaves / "multiclass_test.tsv")[:, 1:]
        raw = np.loadtxt(leaves / "lgmulticlass_true_raw_predictions.txt")
        np.testing.assert_allclose(self.ours(str(leaves / "lgmulticlass.model"), rows, "margin"), raw, rtol=1e-12)
        told = np.loadtxt(leaves / "lgmulticlass_true_predictions.txt")
        np.testing.assert_allclose(self.ours(str(leaves / "lgmulticlass.model"), rows, "probabilities"), told, rtol=1e-12)
        rows = np.loadtxt(leaves / "breast_cancer_test.tsv")
        told = np.loadtxt(leaves / "lg_dart_breast_cancer_true_predictions.txt")
        ours = self.ours(str(leaves / "lg_dart_breast_cancer.model"), rows[:, -30:], "probabilities")[:, 1]
        np.testing.assert_allclose(ours, told, rtol=1e-9)
        lines = [line.split()[1:] for line in (toy / "toy_categorical.test").read_text().splitlines()]
        rows = np.full((len(lines), 2), 0.0)
        for row, cells in zip(rows, lines):
            for cell in cells:
                at, value = cell.split(":")
                row[int(at)] = float(value)
        told = np.loadtxt(toy / "toy_categorical.test.pred")
        np.testing.assert_allclose(self.ours(str(toy / "toy_categorical_model.txt"), rows, "prediction")[:, 0], told, rtol=1e-12)

        folder = REAL / "gbdt/ankane+xgboost-ruby/test/support"
        rows = np.loadtxt(folder / "data.csv", delimiter=",", skiprows=1)[:, :4]
        booster = xgboost.Booster(model_file=folder / "model.json")
        types = {"feature_names": booster.feature_names, "feature_types": booster.feature_types}
        expected = booster.predict(xgboost.DMatrix(rows, **types))
        self.same(str(folder / "model.json"), rows, "prediction", expected)

    @unittest.skipUnless(REAL.exists(), "the files of others are not beside the project")
    def test_what_is_not_read_says_what_to_do(self):
        for file, words in [
            ("dmitryikh+leaves/testdata/xg_dart_agaricus.model", "save it as JSON"),
            ("dmlc+treelite/tests/examples/mushroom/mushroom.model", "save it as JSON"),
            ("dmitryikh+leaves/testdata/lg_1tree.json", "save_model"),
            ("catboost+tutorials/apply_model/java/src/main/resources/models/adult.cbm", 'format="json"'),
        ]:
            with self.subTest(file):
                run = subprocess.run([self.predict, REAL / "gbdt" / file, "/dev/null", "1", "-"], capture_output=True, text=True)
                self.assertNotEqual(run.returncode, 0)
                self.assertIn(words, run.stderr.replace('\\"', '"'))

    @unittest.skipUnless(GOLDENS.exists(), "the golden cases are not beside the project")
    def test_goldens(self):
        manifest = json.loads((GOLDENS / "manifest.json").read_text())
        done = 0
        for case in manifest["cases"]:
            model = manifest["models"].get(case.get("model"), {})
            files = [model.get("file"), model.get("native")]
            if case["method"] != "forward" or not case["model"].startswith(("tree_", "lin_")):
                continue
            arrays = np.load(GOLDENS / "cases" / f"{case['id']}.npz")
            expected = arrays["out_pred"]
            for file in filter(None, files):
                output = "probabilities" if expected.ndim == 2 else "prediction"
                file = GOLDENS / file
                if file.name.endswith(".trees.json"):
                    arguments = json.loads(file.read_text())
                    arguments["combine"] = model["combine"]
                    file = Path(self.path("combined.trees.json"))
                    file.write_text(json.dumps(arguments))
                with self.subTest(case["id"], file=file.name):
                    ours = self.ours(str(file), arrays["in_x"], output)
                    np.testing.assert_allclose(ours.reshape(expected.shape), expected, rtol=1e-4, atol=1e-5)
                    done += 1
        self.assertGreaterEqual(done, 12)

    # ONNX

    def test_onnx_of_catboost(self):
        """What is recognised in a graph computes what onnxruntime computes."""
        rows = np.nan_to_num(NUMBERS)
        for name, params, label in [
            ("binary", {"loss_function": "Logloss"}, BINARY),
            ("classes", {"loss_function": "MultiClass"}, CLASSES),
            ("regression", {"loss_function": "RMSE"}, SIGNAL),
        ]:
            with self.subTest(name):
                quiet = {"iterations": 20, "depth": 4, "verbose": 0, "allow_writing_files": False}
                model = catboost.CatBoost({**quiet, **params}).fit(rows, label)
                file = self.path("model.onnx")
                model.save_model(file, format="onnx")
                session = onnxruntime.InferenceSession(file)
                answer = session.run(None, {session.get_inputs()[0].name: rows.astype(np.float32)})[-1]
                if isinstance(answer, list):
                    answer = np.array([list(row.values()) for row in answer])
                ours = self.ours(file, rows, "prediction" if name == "regression" else "probabilities")
                np.testing.assert_allclose(ours, answer.reshape(ours.shape), rtol=2e-6, atol=2e-7)


if __name__ == "__main__":
    unittest.main()
