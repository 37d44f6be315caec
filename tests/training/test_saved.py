"""Saved models: what comes back is what was trained."""

import dataclasses
import json
import re

import equinox as eqx
import jax
import numpy as np
import pandas
import pytest
import scipy.sparse
from training import plain_safetensors

import genlab
from genlab.datasets import Dataset
from genlab.models import MLP, MODELS, array_shapes
from genlab.training import CosineDecay, EarlyStopping, Recipe, load_model, save_model, train

MODEL = MLP(hidden=(6, 5))


@pytest.fixture(scope="module")
def data():
    return genlab.datasets.make_mnist1d(n_samples=100)


@pytest.fixture(scope="module")
def run(data):
    recipe = Recipe.adam(0.01, steps=30, batch_size=20)
    return train(MODEL, data, recipe, seeds=(3, 4), label_noise=0.25)


@pytest.fixture
def folder(tmp_path, run, data):
    save_model(tmp_path / "model", run, data)
    return tmp_path / "model"


def arrays_of(module):
    return jax.tree.leaves(eqx.filter(module, eqx.is_array))


def test_what_was_trained_comes_back(folder, run, data):
    loaded = load_model(folder)
    assert loaded.model == MODEL
    assert (loaded.input_shape, loaded.n_outputs, loaded.seed) == ((40,), 10, 3)
    assert loaded.data == data.spec
    assert loaded.recipe == run.recipe
    assert loaded.label_noise == run.label_noise
    assert jax.tree.structure(loaded.module) == jax.tree.structure(run.modules[0])
    for ours, theirs in zip(arrays_of(loaded.module), arrays_of(run.modules[0]), strict=True):
        assert ours.dtype == theirs.dtype
        assert np.array_equal(ours, theirs)
    x = data.x_test.astype(np.float32)
    assert np.array_equal(MODEL.logits(loaded.module, x), MODEL.logits(run.modules[0], x))
    metrics = json.loads((folder / "metrics.json").read_text())
    wrong = int((loaded.predict(data.x_test) != data.y_test).sum())
    assert metrics["test_error"] == wrong / 20
    assert metrics["test_loss"] == run.test_loss[0, -1]


def test_another_seed(tmp_path, run, data):
    save_model(tmp_path, run, data, seed=4)
    loaded = load_model(tmp_path)
    assert loaded.seed == 4
    assert np.array_equal(arrays_of(loaded.module)[0], arrays_of(run.modules[1])[0])


def test_early_stopping(tmp_path, data):
    """Metrics are those of the weights that are kept."""
    recipe = Recipe.adam(
        0.05,
        steps=200,
        batch_size=20,
        evaluate_every=10,
        schedule=CosineDecay(),
        early_stopping=EarlyStopping(0.25),
    )
    run = train(MODEL, data, recipe)
    kept = run.kept[0]
    assert 0 < kept < 20
    save_model(tmp_path, run, data)
    loaded = load_model(tmp_path)
    assert loaded.recipe == recipe
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert (metrics["step"], metrics["n_train"]) == (10 * kept, 60)
    assert metrics["test_loss"] == run.test_loss[0, kept]
    assert metrics["test_error"] == (loaded.predict(data.x_test) != data.y_test).mean()
    assert metrics["train_error"] == pytest.approx(run.train_error[0, kept], abs=1e-6)


def test_predictions_are_those_of_plain_products(folder, data):
    """The weights read by another reader, multiplied in float64."""
    arrays = plain_safetensors.read((folder / "weights.safetensors").read_bytes())
    assert list(arrays) == [f"layers.{i}.{name}" for i in (1, 3, 5) for name in ("bias", "weight")]
    x = np.concatenate([data.x_test] * 110)  # 2,200: more than two chunks
    hidden = x
    for i in (1, 3, 5):
        weight, bias = (arrays[f"layers.{i}.{name}"].astype(float) for name in ("weight", "bias"))
        outputs = hidden @ weight.T + bias
        hidden = np.maximum(outputs, 0)
    shares = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
    loaded = load_model(folder)
    np.testing.assert_allclose(loaded.logits(x), outputs, atol=1e-5)
    np.testing.assert_allclose(loaded.probabilities(x), shares, atol=1e-5)
    assert np.array_equal(loaded.predict(x), outputs.argmax(axis=1))
    assert loaded.predict(x[:0]).shape == (0,)


def of_random_weights(run, kind):
    """A model of a kind with every array drawn at random, as if it had been trained."""
    names = kind.__dataclass_fields__
    spec = kind(width=2) if "width" in names else kind()
    for shape in ((3, 9, 8), (40,)):
        try:
            shapes, others = array_shapes(spec, shape, 4)
        except ValueError:
            continue
        break
    drawn = np.random.default_rng(0)
    arrays = jax.tree.map(
        lambda leaf: jax.numpy.asarray(drawn.uniform(0.1, 0.5, leaf.shape).astype(leaf.dtype)),
        shapes,
    )
    module = eqx.combine(arrays, others)
    x = drawn.normal(size=(5, *shape)).astype(np.float32)
    data = Dataset(x, [0, 1, 2, 3, 0], x, [0, 1, 2, 3, 0])
    run = dataclasses.replace(run, modules=(module, module), model=spec, data=data.spec)
    return run, data


@pytest.mark.parametrize("kind", MODELS.values(), ids=list(MODELS))
def test_every_model_comes_back(tmp_path, run, kind):
    run, data = of_random_weights(run, kind)
    save_model(tmp_path, run, data)
    loaded = load_model(tmp_path)
    assert loaded.model == run.model
    for ours, theirs in zip(arrays_of(loaded.module), arrays_of(run.modules[0]), strict=True):
        assert np.array_equal(ours, theirs)
    x = data.x_test
    logits = eqx.filter_jit(run.model.logits)
    assert np.array_equal(logits(loaded.module, x), logits(run.modules[0], x))
    alone = eqx.filter_jit(loaded.module)
    one_by_one = np.stack([alone(example) for example in x])
    np.testing.assert_allclose(loaded.logits(x), one_by_one, rtol=1e-4, atol=1e-5)
    flat = x.reshape(len(x), -1)
    assert np.array_equal(loaded.logits(flat), loaded.logits(x))


def test_statistics_are_saved(tmp_path, run):
    run, data = of_random_weights(run, MODELS["CNN5"])
    save_model(tmp_path, run, data)
    arrays = plain_safetensors.read((tmp_path / "weights.safetensors").read_bytes())
    expected = run.modules[0].layers[2].norm.statistics.variance
    assert np.array_equal(arrays["layers.2.norm.statistics.variance"], expected)


def test_the_squared_loss_has_probabilities_of_its_own(tmp_path, data):
    run = train(MODEL, data, Recipe.adam(0.01, steps=30, batch_size=20, loss="squared"))
    saved = save_model(tmp_path, run, data)
    x = data.x_test
    outputs, shares = saved.logits(x).astype(float), saved.probabilities(x)
    positive = np.where(outputs > 0, outputs, 0)
    some = positive.any(axis=1)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_allclose(shares[some], positive[some] / positive[some].sum(1, keepdims=True))
    assert np.array_equal(shares[some].argmax(axis=1), saved.predict(x)[some])


@pytest.mark.parametrize(
    ("x", "sentence"),
    [
        (np.zeros((3, 39)), "`x` must have shape (n, 40), got (3, 39)."),
        (np.zeros(40), "`x` must have shape (n, 40), got (40,)."),
        ([[np.nan] * 40], "`x` must be finite in float32, got 40 values that are not."),
        ([[1e300] * 40], "`x` must be finite in float32, got 40 values that are not."),
        ([[3e38] * 40], "`x` must be on the scale of the training data: its logits overflow."),
        ([["a"] * 40], "`x` must hold numbers, got 'a'."),
    ],
    ids=["39", "one", "nan", "large", "overflow", "text"],
)
def test_inputs_that_are_none(folder, x, sentence):
    with pytest.raises((TypeError, ValueError), match=re.escape(sentence)):
        load_model(folder).predict(x)


NAMES = [f"gene {i}" for i in range(40)]


@pytest.fixture
def named(tmp_path, data):
    """A model trained on a data frame, and the frame of its test examples."""
    frames = [pandas.DataFrame(x, columns=NAMES) for x in (data.x_train, data.x_test)]
    own = Dataset(frames[0], data.y_train, frames[1], data.y_test, n_classes=10)
    saved = save_model(tmp_path, train(MODEL, own, Recipe.adam(steps=30, batch_size=20)), own)
    return saved, frames[1], tmp_path


def test_columns_are_matched_by_name(named, data):
    saved, frame, folder = named
    loaded = load_model(folder)
    assert loaded.columns == saved.columns == tuple(NAMES)
    expected = saved.logits(data.x_test)
    assert np.array_equal(loaded.logits(frame), expected)
    assert np.array_equal(loaded.logits(frame[NAMES[::-1]]), expected)
    sentence = "`x` must have the input columns gene 0, .* it lacks gene 0 and also has age"
    with pytest.raises(ValueError, match=sentence):
        loaded.logits(frame.rename(columns={"gene 0": "age"}))
    with pytest.raises(ValueError, match="`x` must be a dense array, got a sparse csr_matrix"):
        loaded.logits(scipy.sparse.csr_matrix(frame))


def test_a_search_keeps_the_names(tmp_path, data):
    from genlab.selection import Space

    own = Dataset(data.x_train, data.y_train, data.x_test, data.y_test, 10, columns=NAMES)
    fixed = {"hidden": (3,), "steps": 3, "batch_size": 20}
    space = Space(model="MLP", parameters={"learning_rate": [0.1]}, fixed=fixed)
    found = genlab.select(space, own, sampler="grid", store=tmp_path / "store.db")
    assert found.model.columns == tuple(NAMES)


def test_models_without_names_take_columns_by_their_place(folder, data):
    assert "columns" not in json.loads((folder / "model.json").read_text())
    loaded = load_model(folder)
    assert loaded.columns is None
    frame = pandas.DataFrame(data.x_test, columns=NAMES)
    assert np.array_equal(loaded.logits(frame), loaded.logits(data.x_test))


def test_names_that_are_too_long(tmp_path, data):
    names = [f"{'n' * 150_000}{i}" for i in range(40)]
    own = Dataset(data.x_train, data.y_train, data.x_test, data.y_test, 10, columns=names)
    run = train(MODEL, own, Recipe.adam(steps=30, batch_size=20))
    with pytest.raises(genlab.ModelFileError, match="the names of its inputs are too long"):
        save_model(tmp_path / "model", run, own)
    assert not (tmp_path / "model").exists()


def test_a_model_is_not_replaced_unasked(folder, run, data):
    before = (folder / "weights.safetensors").read_bytes()
    with pytest.raises(genlab.ModelFileError, match="model holds a model already; `overwrite`"):
        save_model(folder, run, data, seed=4)
    assert (folder / "weights.safetensors").read_bytes() == before
    save_model(folder, run, data, seed=4, metrics={"more": 1}, overwrite=True)
    assert load_model(folder).seed == 4
    assert json.loads((folder / "metrics.json").read_text())["more"] == 1


def test_saving_that_was_cut_short_is_told(folder, run, data, monkeypatch):
    from genlab.training import _saved

    def full(path, content):
        if path.name == "model.json":
            raise OSError(28, "No space left on device")
        path.write_bytes(content)

    monkeypatch.setattr(_saved, "write_whole", full)
    with pytest.raises(
        genlab.ModelFileError, match=r"cannot be written: No space left on device\."
    ):
        save_model(folder, run, data, seed=4, overwrite=True)
    with pytest.raises(genlab.ModelFileError, match="is not the file that"):
        load_model(folder)


def test_what_cannot_be_saved(tmp_path, run, data):
    with pytest.raises(TypeError, match="`run` must be a History, got int"):
        save_model(tmp_path, 1, data)
    with pytest.raises(ValueError, match=r"`seed` must be one of \[3, 4\], got 5"):
        save_model(tmp_path, run, data, seed=5)
    with pytest.raises(ValueError, match="`data` must be the data set of the run"):
        save_model(tmp_path, run, data.subset(train=10))
    (tmp_path / "file").write_text("x")
    with pytest.raises(genlab.ModelFileError, match="file cannot be written: File exists"):
        save_model(tmp_path / "file", run, data)
    diverged = dataclasses.replace(run, train_loss=run.train_loss * [[1], [np.nan]])
    with pytest.raises(genlab.ModelFileError, match="the model of seed 4 diverged"):
        save_model(tmp_path / "diverged", diverged, data, seed=4)
    module = jax.tree.map(lambda leaf: leaf / 0 if eqx.is_array(leaf) else leaf, run.modules[0])
    with pytest.raises(genlab.ModelFileError, match="the model of seed 3 diverged"):
        save_model(tmp_path / "diverged", dataclasses.replace(run, modules=(module,)), data)
    assert not (tmp_path / "diverged").exists()
