"""A session's settings, another process, metrics of NumPy: the model stays the same."""

import copy
import json
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from genlab import ModelFileError
from genlab.datasets import make_mnist1d
from genlab.models import CNN, GRU, MLP, Logistic
from genlab.training import Recipe, load_model, save_model, train

DATA = make_mnist1d(n_samples=50)
RECIPE = Recipe.sgd(steps=2, batch_size=10)
MODELS = [MLP((5, 5), skip=True), Logistic(), CNN(), GRU()]


def numbers_of(run):
    leaves = [leaf for leaf in jax.tree.leaves(run.modules) if isinstance(leaf, jax.Array)]
    return [*map(np.asarray, leaves), run.train_loss, run.test_error]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jax_threefry_partitionable", False),
        ("jax_numpy_dtype_promotion", "strict"),
        ("jax_default_prng_impl", "rbg"),
        ("jax_enable_x64", True),
        ("jax_debug_nans", True),
    ],
)
@pytest.mark.parametrize("model", MODELS[:2], ids=lambda model: type(model).__name__)
def test_settings_of_the_session_change_no_bit(name, value, model):
    """jax #13341: another way to draw gives other weights from the same seed."""
    expected = numbers_of(train(model, DATA, RECIPE))
    before = getattr(jax.config, name)
    jax.config.update(name, value)
    try:
        found = numbers_of(train(model, DATA, RECIPE))
        assert getattr(jax.config, name) == value
    finally:
        jax.config.update(name, before)
    assert all(map(np.array_equal, found, expected))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_a_model_goes_to_another_process(tmp_path, model):
    """joblib and Dask pickle what they are given; compiled functions cannot be."""
    run = train(model, DATA, RECIPE)
    assert all(map(np.array_equal, numbers_of(pickle.loads(pickle.dumps(run))), numbers_of(run)))
    saved = save_model(tmp_path, run, DATA)
    expected = saved.logits(DATA.x_test)  # compiles a program
    for made in (saved, load_model(tmp_path)):
        for again in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
            assert np.array_equal(again.logits(DATA.x_test), expected)
            assert again.data == DATA.spec


def test_metrics_of_numpy(tmp_path):
    """transformers #10632: a float32 is no JSON."""
    run = train(MODELS[0], DATA, RECIPE)
    metrics = {
        "auc": np.float32(0.5),
        "n": np.int64(3),
        "ok": np.True_,
        "each": np.array([0.25, np.nan]),
        "deep": {"nan": float("nan"), "pair": (1, np.float64("inf"))},
    }
    save_model(tmp_path, run, DATA, metrics=metrics)
    written = json.loads((tmp_path / "metrics.json").read_text())
    assert {name: written[name] for name in metrics} == {
        "auc": 0.5,
        "n": 3,
        "ok": True,
        "each": [0.25, None],
        "deep": {"nan": None, "pair": [1, None]},
    }
    assert load_model(tmp_path).seed == 0


def test_metrics_that_cannot_be_written_leave_the_model_there(tmp_path):
    """skorch #698: a file cut short. Here the weights of one model met the spec of another."""
    run = train(MODELS[0], DATA, RECIPE, seeds=[0, 1])
    save_model(tmp_path, run, DATA)
    with pytest.raises(TypeError, match=r"`metrics` must be JSON values: Object of type set is no"):
        save_model(tmp_path, run, DATA, seed=1, metrics={"seen": {1, 2}}, overwrite=True)
    assert load_model(tmp_path).seed == 0


def test_a_name_too_long_for_a_folder(tmp_path):
    run = train(MODELS[0], DATA, RECIPE)
    place = tmp_path / ("a" * 300)
    with pytest.raises(ModelFileError, match="cannot be written: File name too long"):
        save_model(place, run, DATA)
    with pytest.raises(ModelFileError, match="cannot be read: File name too long"):
        load_model(place)


def test_inputs_of_other_types(tmp_path):
    saved = save_model(tmp_path, train(MODELS[0], DATA, RECIPE), DATA)
    x = np.round(DATA.x_test * 4) / 4  # which all of these types hold
    expected = saved.predict(x)
    for given in (x.astype(object), x.astype(str), jnp.asarray(x, jnp.bfloat16), x.tolist()):
        assert np.array_equal(saved.predict(given), expected)
