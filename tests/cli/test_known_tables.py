"""Tables that scikit-learn ships, as pandas writes them: from the file to predictions.

Each command gets the file and the name of the target, and its error is compared with that of
scikit-learn's own pipeline on the same split, with the same network and the same number of steps.
"""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from pictures import no_pictures
from sklearn import datasets
from sklearn.compose import TransformedTargetRegressor
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sweep.here import no_workers

from genlab.datasets import load_table, split_indices
from genlab.measure import evaluate_regression, wilson_interval

# A command shows warnings, and goes on; scikit-learn's network is stopped on purpose.
pytestmark = [
    pytest.mark.filterwarnings("default"),
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore:The columns 'pixel"),
]

STEPS, BATCH, WIDTH, RATE = 300, 32, 16, 0.003
TRAINING = {"hidden": WIDTH, "steps": STEPS, "batch_size": BATCH}
SET = [part for name, value in TRAINING.items() for part in ("--set", f"{name}={value}")]
NAMES = ("diabetes", "breast_cancer", "digits", "iris")
# Searched, too: one for numbers and one for classes.
SEARCHED = ("diabetes", "iris")


@pytest.fixture(scope="module", params=NAMES)
def table(request, tmp_path_factory):
    """A table in its three files, its split, and the error of scikit-learn's pipeline."""
    folder = tmp_path_factory.mktemp(request.param)
    held = getattr(datasets, f"load_{request.param}")(as_frame=True)
    frame = held.frame.copy()
    is_regression = request.param == "diabetes"
    if request.param in ("breast_cancer", "iris"):
        frame["target"] = np.asarray(held.target_names)[frame["target"]]
    frame.to_csv(folder / "plain.csv", index=False)
    frame.to_csv(folder / "index.csv")
    frame.to_parquet(folder / "plain.parquet")
    y = frame["target"].to_numpy()
    labels = y.astype(float) if is_regression else np.unique(y, return_inverse=True)[1]
    train, test = map(np.sort, split_indices(labels, (0.8, 0.2), seed=0))
    network = (MLPRegressor if is_regression else MLPClassifier)(
        hidden_layer_sizes=(WIDTH,), alpha=0.0, learning_rate_init=RATE, batch_size=BATCH,
        max_iter=round(STEPS * BATCH / len(train)), tol=0.0, n_iter_no_change=STEPS,
        random_state=0,
    )  # fmt: skip
    if is_regression:  # genlab standardises the target, too
        network = TransformedTargetRegressor(network, transformer=StandardScaler())
    x = frame.drop(columns="target")
    pipeline = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), network)
    predicted = pipeline.fit(x.iloc[train], y[train]).predict(x.iloc[test])
    if is_regression:
        found = evaluate_regression(y[test], predicted).r_squared
        low, high = 1 - float(found.high), 1 - float(found.low)
    else:
        wrong = wilson_interval(int((predicted != y[test]).sum()), len(test))
        low, high = float(wrong.low), float(wrong.high)
    frame.iloc[test].to_csv(folder / "test.csv", index=False)
    return SimpleNamespace(
        name=request.param, folder=folder, frame=frame, test=test, low=low, high=high,
        is_regression=is_regression,
    )  # fmt: skip


def test_a_table_from_the_file_to_its_predictions(table, run_genlab):
    model, chosen = table.folder / "model", table.folder / "chosen"
    data = ["--data", table.folder / "index.csv", "--target", "target"]
    status, out, err = run_genlab(
        "train", *data, *SET, "--learning-rate", RATE, "-o", model, "--json"
    )
    assert status == 0, err
    trained = json.loads(out)
    assert trained["n_test"] == len(table.test)
    assert table.low <= trained["test_error"] <= table.high
    assert trained["test_error"] < trained["trivial_error_low"]

    status, out, err = run_genlab("predict", model, "--data", table.folder / "test.csv", "--json")
    assert status == 0, err
    predicted = json.loads(out)
    error = 1 - predicted["r_squared"] if table.is_regression else predicted["error"]
    assert error == pytest.approx(trained["test_error"], abs=1e-5)
    names = {row["predicted"] for row in predicted["rows"]}
    if not table.is_regression:
        assert names <= set(table.frame["target"])

    if table.name not in SEARCHED:
        return
    with no_pictures(), no_workers():
        status, out, err = run_genlab(
            "select", *data, *SET, "--search", f"learning_rate={RATE},1e-6", "--trials", 2,
            "--sampler", "grid", "--open-test", "--reason", "the last number", "-o", chosen,
            "--json",
        )  # fmt: skip
    assert status == 0, err
    found = json.loads(out)
    assert found["configuration"]["learning_rate"] == RATE
    rows = {row["measure"]: row for row in found["opening"]}
    sealed = 1 - rows["r_squared"]["value"] if table.is_regression else rows["error"]["value"]
    assert sealed == pytest.approx(trained["test_error"], abs=1e-5)


def test_the_files_of_a_table_are_one_data_set(table):
    with pytest.warns(UserWarning, match="Left out as the index of the table"):
        indexed = load_table(table.folder / "index.csv", "target")
    for name in ("plain.csv", "plain.parquet"):
        same = load_table(table.folder / name, "target")
        assert same.fingerprint == indexed.fingerprint
        assert same.classes == indexed.classes
