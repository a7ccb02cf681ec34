"""Makes tests/fixtures/credit: a credit-style table with labels and missing values, and an XGBoost model of it.

    python tests/reference/credit.py [ROWS [FOLDER]]

The truth behind the table is known: risk rises with debt and falls with income; age matters for renters alone.
"""

import json
import pathlib
import sys

import numpy as np
import pandas as pd
import xgboost

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 400
FOLDER = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else pathlib.Path(__file__).parents[1] / "fixtures/credit"
HOUSING = ["mortgage", "own", "rent"]
PURPOSE = ["business", "car", "education", "home", "other"]

random = np.random.default_rng(7)
age = random.integers(19, 79, ROWS)
income = np.round(np.exp(random.normal(10.4, 0.5, ROWS)), -2)
debt = np.round(random.gamma(2.0, 4000.0, ROWS), -1)
years = np.clip(np.round(random.exponential(6.0, ROWS), 1), 0, age - 18)
late = random.poisson(0.4, ROWS)
housing = random.choice(3, ROWS, p=[0.4, 0.2, 0.4])
purpose = random.choice(5, ROWS)
risk = -1.6 + 1.1 * (debt / 8000 - 1) - 1.4 * (np.log(income) - 10.4) + 0.9 * late - 0.08 * years
risk += np.where(housing == 2, 0.05 * (45 - age), 0.0) + np.where(purpose == 0, 0.7, 0.0)
default = random.random(ROWS) < 1 / (1 + np.exp(-risk))

table = pd.DataFrame({"age": age, "income": income, "debt": debt, "years employed": years, "late payments": late})
table["housing"] = pd.Categorical.from_codes(housing, HOUSING)
table["purpose"] = pd.Categorical.from_codes(purpose, PURPOSE)
table.loc[random.random(ROWS) < 0.08, "income"] = np.nan
table.loc[random.random(ROWS) < 0.05, "years employed"] = np.nan
table.loc[random.random(ROWS) < 0.04, "purpose"] = np.nan

booster = xgboost.train(
    {"objective": "binary:logistic", "max_depth": 4, "eta": 0.15, "tree_method": "hist", "max_cat_to_onehot": 8, "seed": 1, "nthread": 1},
    xgboost.DMatrix(table, label=default.astype(int), enable_categorical=True),
    num_boost_round=30,
)
FOLDER.mkdir(parents=True, exist_ok=True)
booster.save_model(FOLDER / "credit.xgb.json")
# Indented files are easier to compare, but many times as large.
model = json.loads((FOLDER / "credit.xgb.json").read_text())
(FOLDER / "credit.xgb.json").write_text(json.dumps(model, separators=(",", ":")))
table.assign(outcome=np.where(default, "default", "paid")).to_csv(FOLDER / "credit.csv", index=False)
