"""`genlab train` and `genlab predict` as their users meet them."""

import csv
import dataclasses
import io
import json
import os
import subprocess
import sys

import numpy as np
import pandas
import pytest
from scipy import stats

import genlab
from genlab.cli._options import MODELS as MODEL_NAMES
from genlab.datasets import write_mnist1d
from genlab.models import MLP, MODELS
from genlab.training import CosineDecay, Recipe, load_model, save_model, train

COMMAND = [sys.executable, "-m", "genlab"]
SMALL = ["--set", "hidden=6,5", "--steps", "40", "--batch-size", "20"]


def test_the_help_names_all_models():
    assert sorted(MODEL_NAMES) == sorted(name.lower() for name in MODELS.builtin)


def command(*arguments, cwd):
    return subprocess.run(
        [*COMMAND, *arguments], cwd=cwd, capture_output=True, text=True, timeout=120
    )


@pytest.fixture
def run(run_genlab):
    """The same in this process: exit status, standard output, standard error."""
    return run_genlab


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with 80 training and 20 test examples in three files, and a trained model."""
    folder = tmp_path_factory.mktemp("place")
    for suffix in ("npz", "csv", "parquet"):
        write_mnist1d(folder / f"small.{suffix}", 100)
    done = command("train", "--data", "small.npz", *SMALL, "--seed", "3", "-o", "model", cwd=folder)
    assert done.returncode == 0, done.stderr
    (folder / "printed").write_text(done.stdout)
    return folder


@pytest.fixture
def here(place, monkeypatch):
    monkeypatch.chdir(place)
    return place


@pytest.fixture(scope="module")
def data():
    made = genlab.datasets.make_mnist1d(n_samples=100)
    return genlab.datasets.Dataset(made.x_train, made.y_train, made.x_test, made.y_test)


def test_train_is_the_library_s(place, data, tmp_path):
    fitted = train(
        MLP(hidden=(6, 5)), data, Recipe.adam(steps=40, batch_size=20, evaluate_every=1), (3,)
    )
    save_model(tmp_path, fitted, data)
    for name in ("weights.safetensors", "model.json"):
        assert (place / "model" / name).read_bytes() == (tmp_path / name).read_bytes()
    metrics = json.loads((place / "model" / "metrics.json").read_text())
    assert metrics["test_loss"] == fitted.test_loss[0, -1]
    n_wrong = round(float(fitted.test_error[0, -1]) * 20)
    wilson = stats.binomtest(n_wrong, 20).proportion_ci(0.95, "wilson")
    assert metrics["test_error_low"] == pytest.approx(wilson.low)
    assert metrics["test_error_high"] == pytest.approx(wilson.high)
    assert metrics["test_error_low"] < metrics["test_error"] < metrics["test_error_high"]
    assert metrics["n_parameters"] == 341
    assert metrics["environment"]["jax"]
    printed = (place / "printed").read_text()
    assert "test_error" in printed
    assert "model: MLP(hidden=(6, 5)" in printed
    assert "341 parameters, weights of step 40, " in printed


def test_predict_is_the_module_s(here, run, data):
    """Class, probability and error from the trained module itself, softmax written out."""
    status, out, err = run("predict", "model", "--data", "small.npz", "--csv")
    assert status == 0, err
    rows = list(csv.DictReader(io.StringIO(out)))
    module = load_model(here / "model").module
    logits = np.array([module(x) for x in data.x_test.astype(np.float32)], dtype=float)
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert [int(row["example"]) for row in rows] == list(range(20))
    assert [int(row["predicted"]) for row in rows] == logits.argmax(axis=1).tolist()
    assert [int(row["label"]) for row in rows] == data.y_test.tolist()
    np.testing.assert_allclose(
        [float(row["probability"]) for row in rows], shares.max(1), rtol=1e-5
    )
    error = (logits.argmax(axis=1) != data.y_test).mean()
    assert err.startswith(f"genlab: error {error:.4f} [")
    assert err.endswith("], 20 test examples of small.npz\n")


def test_every_kind_of_file_gives_the_same(here, run, data, tmp_path):
    expected = load_model("model").predict(data.x_test).tolist()

    def rows(path, *arguments):
        status, out, err = run("predict", "model", "--data", str(path), "--json", *arguments)
        assert status == 0, err
        return json.loads(out)

    for suffix in ("npz", "csv", "parquet"):
        found = rows(f"small.{suffix}")
        assert (found["part"], found["n"]) == ("test", 20)
        assert [row["predicted"] for row in found["rows"]] == expected
        n_wrong = sum(row["predicted"] != row["label"] for row in found["rows"])
        assert found["error"] == n_wrong / 20
        assert rows(f"small.{suffix}", "--part", "train")["n"] == 80
    frame = pandas.DataFrame(data.x_test)
    frame.columns = [f"input {i}" for i in range(40)]
    frame.to_csv(tmp_path / "plain.csv", index=False)
    frame.assign(y=data.y_test).to_parquet(tmp_path / "plain.parquet")
    np.savez(tmp_path / "plain.npz", x=data.x_test.astype(np.float32))
    for suffix in ("npz", "csv", "parquet"):
        found = rows(tmp_path / f"plain.{suffix}")
        assert found["part"] == "all"
        assert ("error" in found) == ("label" in found["rows"][0]) == (suffix == "parquet")
        assert [row["predicted"] for row in found["rows"]] == expected


def test_columns_are_matched_by_name(run, data, tmp_path, monkeypatch):
    """The same rows with their columns in any order: the same predictions."""
    monkeypatch.chdir(tmp_path)
    frame = pandas.DataFrame(np.concatenate([data.x_train, data.x_test]))
    frame.columns = [f"gene {i}" for i in range(40)]
    frame = frame.assign(label=[*data.y_train, *data.y_test], set=["train"] * 80 + ["test"] * 20)
    frame.to_csv("named.csv", index=False)
    status, _, err = run("train", "--data", "named.csv", *SMALL, "-o", "model")
    assert status == 0, err
    expected = load_model("model").predict(data.x_test).tolist()
    shuffled = frame[np.random.default_rng(0).permutation(frame.columns)]
    shuffled.to_csv("shuffled.csv", index=False)
    shuffled.to_parquet("shuffled.parquet")
    np.savez("plain.npz", x=data.x_test)
    for name in ("named.csv", "shuffled.csv", "shuffled.parquet", "plain.npz"):
        status, out, err = run("predict", "model", "--data", name, "--json")
        assert status == 0, err
        assert [row["predicted"] for row in json.loads(out)["rows"]] == expected
    shuffled.rename(columns={"gene 3": "age"}).to_csv("other.csv", index=False)
    status, out, err = run("predict", "model", "--data", "other.csv")
    assert (status, out) == (1, "")
    assert err.endswith("gene 7, ... (32 more): it lacks gene 3 and also has age.\n")
    assert err.startswith("genlab: other.csv must have the input columns gene 0, gene 1, ")


def test_predict_writes(here, run, tmp_path):
    _, printed, _ = run("predict", "model", "--data", "small.csv", "--csv")
    expected = pandas.read_csv(io.StringIO(printed))
    for suffix in ("csv", "parquet", "json"):
        path = tmp_path / f"predicted.{suffix}"
        status, out, _ = run("predict", "model", "--data", "small.csv", "-o", str(path))
        assert status == 0
        assert out.startswith(f"{path}: error 0.")
        if suffix == "json":
            frame = pandas.DataFrame(json.loads(path.read_text())["rows"])
        else:
            frame = pandas.read_csv(path) if suffix == "csv" else pandas.read_parquet(path)
        pandas.testing.assert_frame_equal(frame, expected)
    status, table, _ = run("predict", "model", "--data", "small.csv")
    assert status == 0
    assert "probability" in table
    assert "20 test examples of small.csv" in table


def test_train_from_a_named_set(run, tmp_path):
    arguments = ["--dataset", "mnist1d", "--model", "MLP", "--set", "hidden=", "--steps", "20"]
    options = ["--optimizer", "sgd", "--loss", "squared", "--label-noise", "0.1"]
    status, out, err = run("train", *arguments, *options, "-o", str(tmp_path / "m"), "--json")
    assert status == 0, err
    metrics = json.loads(out)
    saved = load_model(tmp_path / "m")
    assert saved.model.hidden == ()
    assert saved.data.name == "mnist1d"
    assert saved.label_noise.fraction == 0.1
    recipe = saved.recipe
    assert (recipe.optimizer, recipe.learning_rate, recipe.loss) == ("sgd", 0.1, "squared")
    wrong = int((saved.predict(saved.data.make().x_test) != saved.data.make().y_test).sum())
    assert metrics["test_error"] == wrong / 1000


@pytest.mark.parametrize("given", [["--class-weight"], ["--set"]])
def test_class_weights(here, run, data, tmp_path, given):
    """Both ways to write them, the library's weights, and one sentence where a class is not."""

    def weighted(text):
        option = [given[0], f"class_weight={text}" if given == ["--set"] else text]
        return run("train", "--data", "small.npz", *SMALL, *option, "-o", str(tmp_path / "m"))

    status, _, err = weighted("3=2,7=0.5")
    assert status == 0, err
    saved = load_model(tmp_path / "m")
    assert saved.recipe.class_weight == (1, 1, 1, 2, 1, 1, 1, 0.5, 1, 1)
    recipe = Recipe.adam(steps=40, batch_size=20, evaluate_every=1, class_weight={3: 2, 7: 0.5})
    fitted = train(MLP(hidden=(6, 5)), data, recipe)
    metrics = json.loads((tmp_path / "m" / "metrics.json").read_text())
    assert metrics["train_loss"] == fitted.train_loss[0, -1]
    (tmp_path / "m" / "model.json").unlink()
    status, _, err = weighted("10=2")
    sentence = "must name classes of the data (0, 1, 2, 3, 4, 5, 6, 7, ... (2 more)), got '10'."
    assert (status, err.endswith(sentence + "\n")) == (2, True), err
    status, _, err = weighted("heavy")
    assert (status, "must be None, 'balanced', weights by class name, or" in err) == (2, True)


@pytest.mark.filterwarnings("always")
def test_train_warns_of_the_data_once(run, data, tmp_path, monkeypatch):
    """Copies in the test set, and a column in other units: each in one sentence."""
    # As many test examples as in the others' files, so that one compiled program trains all.
    frame = pandas.DataFrame(np.concatenate([data.x_train, data.x_train[:7], data.x_test[:13]]))
    frame.columns = [f"gene {i}" for i in range(40)]
    frame["gene 7"] *= 1e6
    labels = [*data.y_train, *data.y_train[:7], *data.y_test[:13]]
    frame = frame.assign(label=labels, set=["train"] * 80 + ["test"] * 20)
    frame.to_csv(tmp_path / "suspect.csv", index=False)
    monkeypatch.chdir(tmp_path)
    status, _, err = run("train", "--data", "suspect.csv", *SMALL, "-o", "m", "--json")
    assert status == 0, err
    copies, scale = err.splitlines()
    assert copies.startswith("genlab: warning: 7 of 20 test examples have the same inputs as a")
    assert scale.startswith(
        "genlab: warning: inputs have very different scales: gene 7 with values"
    )


def test_early_stopping(here, run, tmp_path):
    options = ["--validation", "0.25", "--patience", "20", "--weight-decay", "0.1", "--json"]
    status, out, err = run("train", "--data", "small.npz", *SMALL, *options, "-o", str(tmp_path))
    assert status == 0, err
    recipe = load_model(tmp_path).recipe
    assert (recipe.early_stopping.validation, recipe.early_stopping.patience) == (0.25, 20)
    assert recipe.weight_decay == 0.1
    assert json.loads(out)["n_train"] == 60


def test_a_model_is_not_replaced_unasked(here, run, tmp_path):
    again = ["train", "--data", str(here / "small.csv"), *SMALL, "-o", str(tmp_path / "m")]
    assert run(*again)[0] == 0
    status, out, err = run(*again)
    assert (status, out) == (1, "")
    assert err == f"genlab: {tmp_path / 'm'} holds a model already; --force replaces it.\n"
    assert run(*again, "--seed", "4", "--force")[0] == 0
    assert load_model(tmp_path / "m").seed == 4


def test_the_help(run):
    for name in ("train", "predict"):
        status, out, _ = run(name, "--help")
        assert status == 0
        assert f"Example: genlab {name}" in out
        assert "\\[" not in out
    assert "[default: test]" in " ".join(out.replace("│", "").split())


def fails(*_, **__):
    raise TypeError("shapes do not fit")


DEFECT = "genlab: TypeError: shapes do not fit (this is a defect; --debug shows where)"


def test_a_failure_of_training_is_a_defect(here, run, tmp_path, monkeypatch):
    """What fails within the library is not told as the user's mistake, and has status 1."""
    monkeypatch.setattr("genlab.training._train.train_arrays", fails)
    status, out, err = run("train", "--data", "small.npz", *SMALL, "-o", str(tmp_path))
    assert (status, out) == (1, "")
    assert err.splitlines()[-1] == DEFECT


def test_a_failure_of_prediction_is_a_defect(here, run, monkeypatch):
    monkeypatch.setattr("scipy.special.softmax", fails)
    status, out, err = run("predict", "model", "--data", "small.npz")
    assert (status, out, err) == (1, "", f"{DEFECT}\n")


def test_the_defaults_are_those_of_the_recipe(here, run, tmp_path):
    _, out, _ = run("train", "--help")
    text = " ".join(out.replace("│", " ").split())
    adam, sgd = Recipe.adam(), Recipe.sgd()
    for default in (
        f"[default: {adam.learning_rate} for adam, {sgd.learning_rate} for sgd]",
        f"[default: {adam.batch_size}, or all if fewer]",
        f"[default: {adam.steps}]",
        f"[default: {adam.loss}, or squared for a regression]",
        f"Momentum (SGD only). [default: {sgd.momentum}]",
        f"Weight decay, decoupled from the gradient. [default: {adam.weight_decay}]",
        "[default: adam]",
    ):
        assert default in text
    from genlab.cli.train import _specs

    for optimizer in ("adam", "sgd"):
        _, recipe = _specs("mlp", [], [], {"optimizer": optimizer}, None)
        default = getattr(Recipe, optimizer)()
        assert recipe == dataclasses.replace(default, evaluate_every=default.steps // 30)
    assert (adam.clip_norm, adam.augment, adam.early_stopping) == (None, None, None)


def test_set_takes_fields_of_the_recipe(here, run, tmp_path):
    settings = ["hidden=6", "optimizer=sgd", "momentum=0.5", "batch_size=none", "steps=20"]
    settings += ["schedule=CosineDecay", "evaluate_every=7"]
    options = [text for setting in settings for text in ("--set", setting)]
    status, _, err = run("train", "--data", "small.npz", *options, "-o", str(tmp_path), "--json")
    assert status == 0, err
    expected = Recipe.sgd(
        momentum=0.5, batch_size=None, steps=20, schedule=CosineDecay(), evaluate_every=7
    )
    assert load_model(tmp_path).recipe == expected


def prepare(folder):
    (folder / "file").write_text("x")
    (folder / "empty").mkdir()
    (folder / "bad.npz").write_text("x")
    (folder / "bad.csv").write_text("a,b\n1,x\n")
    (folder / "cut.parquet").write_bytes((folder / "small.parquet").read_bytes()[:-9])
    (folder / "numbers.csv").write_text("1,2\n3,4\n")
    (folder / "other.csv").write_text("a,b,label\n1,2,0\n")
    (folder / "text.csv").write_text("a,label\n1,cat\n")
    np.savez(folder / "none.npz", z=np.zeros((2, 40)))
    np.savez(folder / "both.npz", x=np.zeros((2, 40)), x_train=np.zeros((2, 40)))
    np.savez(folder / "objects.npz", x=np.array([[None] * 40]))
    np.savez(folder / "wide.npz", x=np.zeros((2, 41)))
    np.savez(folder / "nan.npz", x=np.full((2, 40), np.nan))
    np.savez(folder / "labels.npz", x=np.zeros((2, 40)), y=[0, 12])
    np.savez(folder / "short.npz", x=np.zeros((2, 40)), y=[0])
    np.savez(folder / "half.npz", x=np.zeros((2, 40)), x_test=np.zeros((2, 40)), y_test=[0, 1])
    np.savez(folder / "gap.npz", x=np.eye(2), y=[0, 5], x_test=np.eye(2), y_test=[0, 5])
    np.savez(folder / "huge.npz", x=np.eye(2) * 1e200, y=[0, 1], x_test=np.eye(2), y_test=[0, 1])
    (folder / "whole.csv").write_text("a,b,class\n1,2,0\n")
    (folder / "index.csv").write_text(",a,label,set\n0,1,0,train\n1,2,1,test\n")
    (folder / "vandal").mkdir(exist_ok=True)
    spec = (folder / "model" / "model.json").read_text()
    (folder / "vandal" / "model.json").write_text(spec.replace("MLP", "Popen"))


TRAIN = ["train", "-o", "new"]
MNIST1D = [*TRAIN, "--dataset", "mnist1d"]
USAGE = [
    (TRAIN, "give either --dataset NAME or --data FILE"),
    ([*MNIST1D, "--data", "small.npz"], "give either --dataset NAME or --data FILE"),
    (
        [*TRAIN, "--dataset", "mnist2d"],
        "--dataset must be one of mnist1d, mnist, cifar10, cifar100",
    ),
    (["train", "--dataset", "mnist1d"], "--out"),
    ([*MNIST1D, "--model", "mlq"], "--model must be one of CNN"),
    ([*MNIST1D, "--set", "hidden"], "--set must be NAME=VALUE, got 'hidden'"),
    (
        [*MNIST1D, "--model", "logistic", "--set", "width=3"],
        "--set must name a field of Logistic or Recipe (optimizer, learning_rate, ",
    ),
    (
        [*MNIST1D, "--set", "breadth=3"],
        "--set must name a field of MLP or Recipe (hidden, init, skip, depth, width, optimizer, ",
    ),
    ([*MNIST1D, "--set", "depth=3"], "`depth` must come with `width`, got it alone."),
    (
        [*MNIST1D, "--set", "learning_rate=0.1", "--learning-rate", "0.1"],
        "--learning-rate and --set learning_rate exclude each other.",
    ),
    (
        [*MNIST1D, "--validation", "0.1", "--set", "early_stopping=EarlyStopping"],
        "--validation and --set early_stopping exclude each other.",
    ),
    (
        [*MNIST1D, "--set", "hidden=1,b"],
        "`hidden` must be an integer, or several separated by commas",
    ),
    ([*MNIST1D, "--set", "hidden=__import__('os')"], "`hidden` must be an integer, or several"),
    ([*MNIST1D, "--set", "hidden=0"], "`hidden` must be an integer >= 1, got 0"),
    ([*MNIST1D, "--set", "hidden=1", "--set", "hidden=2"], "--set must name 'hidden' once"),
    ([*MNIST1D, "--set", "init=x"], "`init` must be one of 'fan_in', 'he'"),
    ([*MNIST1D, "--optimizer", "lion"], "--optimizer must be one of 'sgd', 'adam', got 'lion'"),
    ([*MNIST1D, "--learning-rate", "0"], "--learning-rate must be a number > 0"),
    ([*MNIST1D, "--steps", "0"], "--steps must be an integer >= 1"),
    ([*MNIST1D, "--batch-size", "5000"], "--batch-size must be at most the 4000 training examples"),
    ([*MNIST1D, "--momentum", "0.9"], "--momentum belongs to 'sgd', got 0.9 with 'adam'"),
    ([*MNIST1D, "--label-noise", "2"], "--label-noise must be a number from 0 to 1"),
    ([*MNIST1D, "--validation", "1"], "--validation must be below 1"),
    (
        [*MNIST1D, "--patience", "2"],
        "--patience belongs to early stopping, and must come with",
    ),
    ([*MNIST1D, "--augment", "blur"], "--augment must be one of 'crop_flip'"),
    ([*MNIST1D, "--seed", "-1"], "--seed"),
    ([*MNIST1D, "--model", "cnn5"], "the data of CNN5 must be images"),
    (["predict", "model"], "--data"),
    (
        ["predict", "model", "--data", "small.txt"],
        "--data must be one of '.npz', '.csv', '.parquet'",
    ),
    (["predict", "model", "--data", "small.npz", "--part", "dev"], "--part must be train or test"),
    (["predict", "model", "--data", "small.npz", "-o", "a.txt"], "-o must be a .csv, .parquet or"),
    (["predict", "model", "--data", "small.npz", "--csv", "--json"], "exclude each other"),
]
PREDICT = ["predict", "model", "--data"]
FAILURE = [
    (["train", "--dataset", "mnist1d", "-o", "file"], "--out must be a folder"),
    ([*TRAIN, "--data", "no.npz"], "no.npz cannot be read: No such file or directory"),
    ([*TRAIN, "--data", "labels.npz"], "labels.npz must hold training and test examples"),
    (
        [*TRAIN, "--data", "whole.csv"],
        "or a column set with both; it has examples without labels, and the inputs a, b, class.",
    ),
    (
        [*TRAIN, "--data", "half.npz"],
        "half.npz must hold the labels of all examples, in y and y_test, or in a column label or "
        "y, or --target COLUMN must name the column that is predicted; it has train examples "
        "without labels and test examples with labels.",
    ),
    ([*TRAIN, "--data", "gap.npz"], "gap.npz: labels must number the classes from 0 without a"),
    ([*TRAIN, "--data", "huge.npz"], "huge.npz: `x_train` must hold values within ±3.4e+38"),
    ([*TRAIN, "--data", "index.csv"], "index.csv has a column without a name, column 1 of 4"),
    (
        [*TRAIN, "--data", "small.npz", *SMALL, "--optimizer", "sgd", "--learning-rate", "1e30"],
        "diverged",
    ),
    (["predict", "none", "--data", "small.npz"], "none/model.json cannot be read: No such file"),
    (["predict", "empty", "--data", "small.npz"], "empty holds no model: it has no model.json"),
    (["predict", "vandal", "--data", "small.npz"], "vandal/model.json: `kind` must be one of CNN"),
    ([*PREDICT, "no.csv"], "no.csv cannot be read: No such file or directory"),
    ([*PREDICT, "empty.csv"], "empty.csv cannot be read: No such file or directory"),
    ([*PREDICT, "bad.npz"], "bad.npz is not an .npz file"),
    ([*PREDICT, "bad.csv"], "bad.csv must have numbers in the column 'b', got 'x'"),
    ([*PREDICT, "cut.parquet"], "cut.parquet cannot be read: "),
    ([*PREDICT, "numbers.csv"], "numbers.csv must begin with the names of its columns"),
    ([*PREDICT, "other.csv"], "other.csv: `x` must have shape (n, 40), got (1, 2)"),
    ([*PREDICT, "text.csv"], "text.csv must have whole numbers from 0 in the column 'label', "),
    ([*PREDICT, "none.npz"], "none.npz must hold an array x, got z"),
    ([*PREDICT, "both.npz"], "both.npz must hold x_train or x, got both arrays: leave one out"),
    ([*PREDICT, "objects.npz"], "objects.npz cannot be read: Object arrays cannot be loaded"),
    ([*PREDICT, "wide.npz"], "wide.npz: `x` must have shape (n, 40), got (2, 41)"),
    ([*PREDICT, "nan.npz"], "nan.npz: `x` must be finite in float32, got 80 values that are not"),
    ([*PREDICT, "labels.npz"], "labels.npz must hold labels from 0 to 9, got 12"),
    ([*PREDICT, "short.npz"], "short.npz must hold a label for each of 2 examples, got (1,)"),
    ([*PREDICT, "wide.npz", "--part", "test"], "wide.npz holds no test examples: it does not tell"),
    ([*PREDICT, "small.npz", "-o", "no/a.csv"], "no/a.csv cannot be written: No such file"),
]


@pytest.fixture(scope="module")
def prepared(place):
    prepare(place)
    return place


@pytest.mark.parametrize(
    ("arguments", "message", "status"),
    [(*case, 2) for case in USAGE] + [(*case, 1) for case in FAILURE],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_gets_one_sentence(prepared, monkeypatch, run, arguments, message, status):
    monkeypatch.chdir(prepared)
    code, out, err = run(*arguments)
    last = err.strip().splitlines()[-1]  # below the bar, where there was one
    assert message in last
    assert code == status
    assert out == ""
    assert "Traceback" not in err
    assert not (prepared / "new" / "model.json").exists()


SETTINGS = {
    "JAX_ENABLE_X64": "1",
    "JAX_DEFAULT_MATMUL_PRECISION": "bfloat16",
    "JAX_DEFAULT_PRNG_IMPL": "rbg",
    "JAX_THREEFRY_PARTITIONABLE": "0",
    "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
}


def test_no_setting_of_jax_changes_a_model_or_its_predictions(run, tmp_path, monkeypatch):
    """The same bytes in a process with and in this one without."""
    monkeypatch.chdir(tmp_path)
    write_mnist1d(tmp_path / "small.npz", 100)
    lines = [
        "train --data small.npz --set hidden=6,5 --steps 40 --batch-size 20 -o NAME",
        "predict NAME --data small.npz -o NAME.csv",
    ]
    for line in lines:
        assert run(*line.replace("NAME", "plain").split())[0] == 0
        done = subprocess.run(
            [*COMMAND, *line.replace("NAME", "set").split()],
            env={**os.environ, **SETTINGS},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert (done.returncode, done.stderr.count("\n") < 3) == (0, True), done.stderr
    for file in ("NAME/weights.safetensors", "NAME.csv"):
        plain, changed = (
            (tmp_path / file.replace("NAME", name)).read_bytes() for name in ("plain", "set")
        )
        assert plain == changed, file


def test_every_command_drops_settings_of_jax_before_it_loads_jax(run, monkeypatch):
    """All but where it runs, and where it keeps compiled programs; nothing of other programs."""
    kept = {"JAX_PLATFORMS": "cpu", "JAX_COMPILATION_CACHE_MAX_SIZE": "-1", "OTHER_JAX_X": "1"}
    monkeypatch.setattr(os, "environ", {**os.environ, **SETTINGS, **kept})
    assert run("--version")[0] == 0
    assert not SETTINGS.keys() & os.environ.keys()
    assert kept.items() <= os.environ.items()
    done = subprocess.run(
        [sys.executable, "-c", "import sys, genlab.cli; print('jax' in sys.modules)"],
        capture_output=True,
        text=True,
    )
    assert done.stdout == "False\n"


def test_a_default_batch_size_suits_few_examples(here, run, tmp_path):
    """80 examples: the model of --batch-size 80, and a sentence; too large a one is refused."""
    small = ("train", "--data", "small.npz", "--set", "hidden=5", "--steps", "20")
    status, out, err = run(*small, "-o", str(tmp_path / "default"))
    assert (status, [line for line in err.splitlines() if "genlab:" in line]) == (0, [])
    note = (
        "Each batch holds all 80 training examples, which are fewer than the default batch size "
        "of 100."
    )
    assert out.splitlines()[-1] == note
    status, out, _ = run(*small, "--batch-size", "80", "-o", str(tmp_path / "given"), "--json")
    assert (status, json.loads(out)["notes"]) == (0, [])
    default, given = tmp_path / "default", tmp_path / "given"
    for file in ("weights.safetensors", "model.json"):
        assert (default / file).read_bytes() == (given / file).read_bytes()
    assert json.loads((default / "metrics.json").read_text())["notes"] == [note]
    for option, name in (
        ("--batch-size 81", "--batch-size"),
        ("--set batch_size=81", "`batch_size`"),
    ):
        status, out, err = run(*small, *option.split(), "-o", str(tmp_path / "none"))
        sentence = f"genlab: {name} must be at most the 80 training examples, got 81.\n"
        assert (status, out, err) == (2, "", sentence)


@pytest.mark.filterwarnings("always")
def test_untrained_weights_are_said_to_be(here, run, tmp_path):
    options = "--set hidden=5 --set evaluate_every=20 --optimizer sgd --learning-rate 2 --steps 20 "
    options += f"--batch-size 20 --validation 0.2 --seed 3 -o {tmp_path}"
    status, out, err = run("train", "--data", "small.npz", *options.split())
    assert status == 0
    sentence = "genlab: warning: early stopping kept the untrained weights of step 0 in 1 of 1 "
    assert sentence in err
    note = (
        "The model keeps the untrained weights of step 0: no later evaluation had a lower "
        "validation loss."
    )
    assert out.splitlines()[-1] == note
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert (metrics["step"], metrics["notes"]) == (0, [note])
