"""Regression: losses, curves and predictions against NumPy and scikit-learn."""

import dataclasses
import json
import re

import equinox as eqx
import jax
import numpy as np
import pandas
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sweep.here import no_workers

import genlab
from genlab import Recipe, train
from genlab.datasets import Dataset, LabelNoise, load_table, make_mnist1d
from genlab.models import MLP, Logistic
from genlab.sweep import CellResult, TrainingCell, run_cells
from genlab.training import EarlyStopping, as_predictor, check_fit, load_model, save_model

LINEAR = Logistic()  # one linear layer
LEAST_SQUARES = Recipe.sgd(0.1, batch_size=None, steps=1500, evaluate_every=500)


def made(n=150, n_test=50, scale=1.0, shift=0.0, **fields):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(n + n_test, 4))
    y = 2 * x[:, 0] - x[:, 1] + np.sin(2 * x[:, 2]) + 0.3 * rng.normal(size=n + n_test) + 7
    y = scale * y + shift
    return Dataset(x[:n], y[:n], x[n:], y[n:], task="regression", **fields)


DATA = made()
FLAT = Dataset([[0.0], [1.0], [2.0]], [3.0] * 3, [[0.5]], [1.0], task="regression")


@pytest.fixture(scope="module")
def linear():
    return train(LINEAR, DATA, LEAST_SQUARES, range(2))


def test_least_squares_against_the_closed_form(linear):
    exact = LinearRegression().fit(DATA.x_train, DATA.y_train).predict(DATA.x_test)
    for predictions in linear.test_predictions:
        np.testing.assert_allclose(predictions, exact, rtol=0, atol=1e-4)
    assert linear.test_predictions.dtype == np.float64


def test_curves_against_numpy_and_scikit_learn(linear):
    by_hand = {"train": (DATA.x_train, DATA.y_train), "test": (DATA.x_test, DATA.y_test)}
    for i, module in enumerate(linear.modules):
        for part, (x, y) in by_hand.items():
            outputs = np.asarray(jax.vmap(module)(np.float32(x)))[:, 0]
            predicted = linear.target_scale.restored(outputs)
            loss = getattr(linear, f"{part}_loss")[i, -1]
            error = getattr(linear, f"{part}_error")[i, -1]
            assert loss == pytest.approx(np.mean((predicted - y) ** 2), rel=1e-5)
            assert 1 - error == pytest.approx(r2_score(y, predicted), abs=1e-6)
        assert 1 - linear.test_error[i, -1] == pytest.approx(
            r2_score(DATA.y_test, linear.test_predictions[i]), abs=1e-6
        )


def test_the_scale_is_that_of_the_training_targets(linear):
    assert linear.target_scale.mean == pytest.approx(DATA.y_train.mean(), rel=1e-14)
    assert linear.target_scale.deviation == pytest.approx(DATA.y_train.std(), rel=1e-14)
    assert linear.test_wrong is linear.test_confusion is linear.test_confidence is None
    assert linear.task == "regression"


def test_the_absolute_loss_against_plain_gradients():
    """Two steps of gradient descent on |output − target|, in float64."""
    recipe = Recipe.sgd(0.05, batch_size=None, steps=2, loss="absolute", evaluate_every=1)
    run = train(LINEAR, DATA, recipe)
    start = train(LINEAR, DATA, dataclasses.replace(recipe, learning_rate=1e-30)).modules[0]
    weight, bias = (
        np.asarray(leaf, np.float64) for leaf in jax.tree.leaves(start) if eqx.is_array(leaf)
    )
    mean, deviation = DATA.y_train.mean(), DATA.y_train.std()
    y = (DATA.y_train - mean) / deviation
    for step in range(3):
        outputs = DATA.x_train @ weight[0] + bias[0]
        loss = deviation * np.abs(outputs - y).mean()
        assert run.train_loss[0, step] == pytest.approx(loss, rel=1e-5)
        predicted = mean + deviation * (DATA.x_test @ weight[0] + bias[0])
        test_loss = np.abs(predicted - DATA.y_test).mean()
        assert run.test_loss[0, step] == pytest.approx(test_loss, rel=1e-5)
        assert 1 - run.test_error[0, step] == pytest.approx(
            r2_score(DATA.y_test, predicted), abs=1e-5
        )
        slope = np.sign(outputs - y) / len(y)
        weight, bias = weight - 0.05 * slope @ DATA.x_train, bias - 0.05 * slope.sum()


def test_the_unit_of_the_target_changes_nothing_else():
    recipe = Recipe.adam(0.01, batch_size=30, steps=100)
    one = train(MLP((8,)), DATA, recipe)
    other = train(MLP((8,)), made(scale=1000.0, shift=5.0), recipe)
    np.testing.assert_allclose(
        other.test_predictions, 1000 * one.test_predictions + 5, rtol=1e-3, atol=1
    )
    np.testing.assert_allclose(other.test_loss, 1e6 * one.test_loss, rtol=1e-3)
    np.testing.assert_allclose(other.test_error, one.test_error, rtol=1e-3)


def test_diabetes_better_than_the_mean():
    x, y = load_diabetes(return_X_y=True, scaled=False)
    x = (x - x[:353].mean(axis=0)) / x[:353].std(axis=0)
    data = Dataset(x[:353], y[:353], x[353:], y[353:], task="regression")
    recipe = Recipe.adam(0.01, steps=300, weight_decay=0.01)
    run = train(MLP((10,)), data, recipe, range(3))
    assert (run.test_error[:, -1] < 0.65).all()
    assert (run.train_error[:, -1] < 0.5).all()


def test_early_stopping_keeps_the_best_weights():
    stopping = EarlyStopping(0.2, patience=5)
    recipe = Recipe.adam(0.02, batch_size=20, steps=300, evaluate_every=10, early_stopping=stopping)
    run = train(MLP((30, 30)), DATA, recipe)
    kept = int(run.kept[0])
    assert kept == np.nanargmin(run.validation_loss[0])
    fitted, held_out = stopping.split(DATA.y_train)
    assert run.target_scale.mean == pytest.approx(DATA.y_train[fitted].mean(), rel=1e-14)
    outputs = np.asarray(jax.vmap(run.modules[0])(np.float32(DATA.x_train[held_out])))[:, 0]
    y, predicted = DATA.y_train[held_out], run.target_scale.restored(outputs)
    assert run.validation_loss[0, kept] == pytest.approx(np.mean((predicted - y) ** 2), rel=1e-5)
    assert 1 - run.validation_error[0, kept] == pytest.approx(r2_score(y, predicted), abs=1e-5)
    assert 1 - run.test_error[0, kept] == pytest.approx(
        r2_score(DATA.y_test, run.test_predictions[0]), abs=1e-6
    )


def test_chunks_and_lanes_change_nothing_but_rounding(monkeypatch, linear):
    from genlab.training import _lanes, _program

    _program.program.cache_clear()
    monkeypatch.setattr(_program, "_CACHED", 70)  # chunks of 50 examples
    monkeypatch.setattr(_lanes, "on_cpu", lambda: False)
    other = train(LINEAR, DATA, LEAST_SQUARES, range(2))
    _program.program.cache_clear()
    np.testing.assert_allclose(other.test_predictions, linear.test_predictions, atol=1e-5)
    np.testing.assert_allclose(other.train_loss, linear.train_loss, rtol=1e-5)


def test_a_loss_that_nobody_gave_is_squared():
    run = train(LINEAR, DATA, Recipe.adam(steps=5))
    assert run.recipe.loss == "squared"
    assert run.notes == ("The loss is squared, the default for a regression.",)
    given = train(LINEAR, DATA, Recipe.adam(steps=5, loss="squared"))
    assert (given.recipe, given.notes) == (run.recipe, ())
    assert given.test_predictions.tobytes() == run.test_predictions.tobytes()
    assert Recipe.adam().for_examples(1000).loss == "cross_entropy"
    assert Recipe.adam().for_examples(90, "regression").for_examples(1000).loss == "cross_entropy"
    both = Recipe.adam(steps=5).for_examples(90, "regression")
    assert (both.batch_size, both.loss, len(both.notes)) == (90, "squared", 2)
    assert Recipe.adam(loss="absolute").for_examples(90, "regression").loss == "absolute"


@pytest.mark.parametrize(
    ("data", "recipe", "noise", "sentence"),
    [
        (
            DATA,
            Recipe.adam(loss="cross_entropy"),
            None,
            "`loss` must be 'squared' or 'absolute' for a regression, got 'cross_entropy'.",
        ),
        (
            make_mnist1d(n_samples=200),
            Recipe.adam(loss="absolute"),
            None,
            "`loss` must be 'cross_entropy' or 'squared' for a classification, got 'absolute'.",
        ),
        (
            DATA,
            Recipe.adam(),
            LabelNoise(0.25),
            "`label_noise` must be 0 for a regression, which has no labels to resample, got 0.25.",
        ),
        (
            made(groups=np.arange(150) // 3),
            Recipe.adam(early_stopping=EarlyStopping()),
            None,
            "`early_stopping` must be None for data with groups, which its part that is held out "
            "would divide, got EarlyStopping(validation=0.1, patience=None, seed=0).",
        ),
        (
            FLAT,
            Recipe.adam(),
            None,
            "`data` must have training targets that differ, got 3.0 in all 3 training examples.",
        ),
    ],
    ids=["cross-entropy", "absolute", "noise", "groups", "constant"],
)
def test_what_does_not_go_together(data, recipe, noise, sentence):
    for call in (
        lambda: check_fit(LINEAR, data, recipe, noise),
        lambda: train(LINEAR, data, recipe, label_noise=noise or 0.0),
    ):
        with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
            call()


def test_a_cell_says_it_before_it_runs():
    cell = TrainingCell(DATA.spec, LINEAR, Recipe.adam(), 0)
    with pytest.raises(ValueError, match="`loss` must be 'squared' or 'absolute'"):
        cell.check()


def test_error_against_capacity():
    with no_workers():
        curve = genlab.capacity_curve(
            lambda h: MLP((h,)), [1, 20], DATA, Recipe.adam(0.01, steps=200), range(2)
        )
    assert (curve.task, curve.n_classes) == ("regression", 0)
    frame = curve.to_frame().set_index(["capacity", "seed"])
    run = train(MLP((20,)), DATA, Recipe.adam(0.01, steps=200))
    assert frame.loc[(20, 0), "test_error"] == run.test_error[0, -1]
    assert frame.loc[1, "train_error"].mean() > frame.loc[20, "train_error"].mean()
    assert all(row["low"] <= row["estimate"] <= row["high"] for row in curve.bands())
    assert np.isfinite(curve.extremes.peak.value.mean)
    assert "fraction of variance unexplained" in json.dumps(curve.chart().to_dict())


def test_a_predictor_is_a_classifier(linear):
    one = train(LINEAR, DATA, Recipe.adam(steps=5))
    with pytest.raises(ValueError, match="`model` must be a classifier, got a regression by Logis"):
        as_predictor(one, (4,), 1)


def test_cells_hold_predictions(tmp_path, linear):
    cell = TrainingCell(DATA.spec, LINEAR, dataclasses.replace(LEAST_SQUARES, loss="squared"), 0)
    assert TrainingCell.from_dict(json.loads(json.dumps(cell.to_dict()))).key == cell.key
    cell.check()
    result = cell.run()
    assert result.test_predictions.tobytes() == linear.test_predictions[0].tobytes()
    again = TrainingCell.unpack(TrainingCell.pack(result))
    for field in dataclasses.fields(CellResult):
        one, other = (getattr(r, field.name) for r in (result, again))
        assert (one is None) == (other is None)
        assert one is None or np.array_equal(one, other)
    with no_workers(), genlab.sweep.Store(f"sqlite:///{tmp_path / 'cells.db'}") as store:
        (stored,) = run_cells([cell], store)
    assert stored.test_predictions.tobytes() == result.test_predictions.tobytes()


def test_without_test_examples():
    run = train(LINEAR, DATA.without_test(), Recipe.adam(steps=5))
    assert run.test_predictions.shape == (1, 0)
    assert np.isnan(run.test_loss).all()
    assert np.isnan(run.test_error).all()
    assert np.isfinite(run.train_error).all()


def test_a_constant_test_set_has_no_fraction_of_variance():
    data = Dataset(DATA.x_train, DATA.y_train, [[0.0] * 4] * 2, [7.0] * 2, task="regression")
    run = train(LINEAR, data, Recipe.adam(steps=5))
    assert np.isnan(run.test_error).all()
    assert np.isfinite(run.test_loss).all()


def test_frames_and_charts(linear):
    assert len(linear.to_frame()) == 8
    chart = linear.chart().to_dict()
    assert "fraction of variance unexplained" in json.dumps(chart)
    assert "test_error" in linear._repr_html_()


def test_a_saved_model_predicts_in_the_targets_unit(tmp_path, linear):
    saved = save_model(tmp_path / "model", linear, DATA, seed=1)
    loaded = load_model(tmp_path / "model")
    assert loaded.target_scale == linear.target_scale
    assert (loaded.task, loaded.n_outputs) == ("regression", 1)
    for model in (saved, loaded):
        np.testing.assert_allclose(
            model.predict(DATA.x_test), linear.test_predictions[1], rtol=0, atol=1e-6
        )
    metrics = json.loads((tmp_path / "model" / "metrics.json").read_text())
    assert metrics["test_error"] == linear.test_error[1, -1]
    with pytest.raises(ValueError, match=r"a regression has no probabilities: `predict`"):
        loaded.probabilities(DATA.x_test)
    with pytest.raises(ValueError, match=r"a regression has no predicted classes: `predict`"):
        loaded.predicted_classes(DATA.x_test)
    table = genlab.training.prediction_table(loaded, DATA.x_test, DATA.y_test)
    assert table.column_names == ["example", "predicted", "target"]


def test_models_of_classes_without_names_have_the_fields_of_before(tmp_path):
    data = make_mnist1d(n_samples=100)
    saved = save_model(tmp_path / "model", train(MLP((3,)), data, Recipe.adam(steps=3)), data)
    assert list(json.loads((tmp_path / "model" / "model.json").read_text())) == [
        "format",
        "version",
        "genlab",
        "model",
        "input_shape",
        "n_outputs",
        "data",
        "recipe",
        "seed",
        "label_noise",
        "weights_sha256",
    ]
    assert saved.predicted_classes(data.x_test).tolist() == saved.predict(data.x_test).tolist()


def people(n=120):
    rng = np.random.default_rng(0)
    frame = pandas.DataFrame(
        {
            "size": rng.normal(170, 10, n),
            "colour": rng.choice(["red", "blue", "green"], n),
            "weight": np.where(rng.random(n) < 0.1, np.nan, rng.normal(70, 8, n)),
        }
    )
    frame["price"] = 3 * frame["size"] + 50 * (frame["colour"] == "red") + rng.normal(size=n)
    frame["kind"] = np.where(frame["price"] > frame["price"].median(), "dear", "cheap")
    return frame


@pytest.mark.filterwarnings("ignore::genlab.DataWarning")
def test_rows_of_a_table_go_in(tmp_path):
    frame = people()
    data = load_table(frame, "price", drop="kind")
    run = train(MLP((10,)), data, Recipe.adam(0.01, batch_size=20, steps=300))
    assert run.test_error[0, -1] < 0.3
    save_model(tmp_path / "model", run, data)
    loaded = load_model(tmp_path / "model")
    assert (loaded.target, loaded.encoder) == ("price", data.encoder)
    inputs = loaded.encoder.transform(frame)
    expected = loaded.predict(inputs)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    permuted = frame[["weight", "colour", "size"]]
    for rows in (frame, permuted, tmp_path / "rows.csv", str(tmp_path / "rows.csv")):
        assert loaded.predict(rows).tobytes() == expected.tobytes()
    with pytest.raises(ValueError, match="lacks size"):
        loaded.predict(frame[["weight", "colour"]])


@pytest.mark.filterwarnings("ignore::genlab.DataWarning")
def test_names_of_classes_come_out(tmp_path):
    frame = people()
    data = load_table(frame, "kind", drop="price")
    run = train(MLP((10,)), data, Recipe.adam(0.01, batch_size=20, steps=100))
    save_model(tmp_path / "model", run, data)
    loaded = load_model(tmp_path / "model")
    assert loaded.classes == ("cheap", "dear")
    names = loaded.predicted_classes(frame)
    assert names.tolist() == [loaded.classes[i] for i in loaded.predict(frame)]
    assert np.mean(names == frame["kind"]) > 0.8


CHANGES = {
    "scale": ({"target_scale": {"kind": "TargetScale", "mean": 0.0, "deviation": 0.0}}, "deviati"),
    "kind": ({"target_scale": {"kind": "Recipe"}}, "`kind` must be one of TargetScale"),
    "no scale": ({"target_scale": 3}, "a spec must be a mapping"),
    "classes": ({"classes": ["a"]}, "`target_scale` belongs to a regression"),
    "target": ({"target": 3}, "`target` must be a name, got 3"),
    "encoder": ({"encoder": 3}, "`encoder` must be an object, got 3"),
    "no encoder": ({"encoder": {"a": 1}}, "these are not the values of a table's encoder"),
}


@pytest.mark.parametrize(("changes", "sentence"), CHANGES.values(), ids=list(CHANGES))
def test_damaged_fields_are_refused(tmp_path, linear, changes, sentence):
    save_model(tmp_path / "model", linear, DATA)
    path = tmp_path / "model" / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(genlab.ModelFileError, match=sentence):
        load_model(tmp_path / "model")


@pytest.mark.parametrize("classes", ["ab", [["a"], "b"], ["a"] * 10, ["a", "b"]])
def test_damaged_classes_are_refused(tmp_path, classes):
    data = make_mnist1d(n_samples=100)
    save_model(tmp_path / "model", train(MLP((3,)), data, Recipe.adam(steps=3)), data)
    path = tmp_path / "model" / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"classes": classes}))
    with pytest.raises(genlab.ModelFileError, match="`classes` must be a "):
        load_model(tmp_path / "model")


def test_weights_against_weighted_least_squares():
    weight = np.random.default_rng(1).exponential(size=150)
    weight[:20] = 0
    data = made(sample_weight=weight)
    run = train(LINEAR, data, LEAST_SQUARES)
    exact = LinearRegression().fit(data.x_train, data.y_train, sample_weight=weight)
    predicted = exact.predict(data.x_test)
    np.testing.assert_allclose(run.test_predictions[0], predicted, rtol=0, atol=1e-4)
    squares = (exact.predict(data.x_train) - data.y_train) ** 2
    assert run.train_loss[0, -1] == pytest.approx(np.average(squares, weights=weight), rel=1e-4)
    assert run.train_error[0, -1] == pytest.approx(squares.mean() / data.y_train.var(), rel=1e-4)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_equal_weights_are_none(task):
    data = made() if task == "regression" else make_mnist1d(n_samples=200)
    equal = dataclasses.replace(data, sample_weight=[2.5] * data.n_train, spec=None)
    recipe = Recipe.adam(0.01, batch_size=20, steps=20)
    one, other = (train(MLP((5,)), part, recipe) for part in (data, equal))
    for curve in ("train_loss", "test_loss", "train_error", "test_error"):
        assert getattr(one, curve).tobytes() == getattr(other, curve).tobytes()


def test_weights_of_classes_against_repeated_examples():
    """Whole weights, full batch: the same as so many copies of each example."""
    data = make_mnist1d(n_samples=200)
    times = np.random.default_rng(0).integers(0, 4, data.n_train)
    weighted = dataclasses.replace(data, sample_weight=times, spec=None)
    copies = data.subset(train=np.repeat(np.arange(data.n_train), times))
    recipe = Recipe.adam(0.01, batch_size=None, steps=40, evaluate_every=20)
    one, other = (train(MLP((5,)), part, recipe) for part in (weighted, copies))
    np.testing.assert_allclose(one.train_loss, other.train_loss, rtol=1e-4)
    np.testing.assert_allclose(one.test_loss, other.test_loss, rtol=1e-3)


def test_early_stopping_weighs_the_held_out_examples():
    weight = np.random.default_rng(1).exponential(size=150)
    stopping = EarlyStopping(0.2)
    recipe = Recipe.sgd(0.01, batch_size=20, steps=20, evaluate_every=10, early_stopping=stopping)
    run = train(LINEAR, made(sample_weight=weight), recipe)
    _, held_out = stopping.split(DATA.y_train)
    outputs = np.asarray(jax.vmap(run.modules[0])(np.float32(DATA.x_train[held_out])))[:, 0]
    squares = (run.target_scale.restored(outputs) - DATA.y_train[held_out]) ** 2
    expected = np.average(squares, weights=weight[held_out])
    assert run.validation_loss[0, run.kept[0]] == pytest.approx(expected, rel=1e-5)
    within = np.isin(np.arange(150), held_out)
    for part in (within, ~within):
        nothing = made(sample_weight=np.where(part, 0, weight))
        with pytest.raises(ValueError, match="`sample_weight` must be above 0 for some example"):
            train(LINEAR, nothing, recipe)
