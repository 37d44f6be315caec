"""JAX's x64 flag belongs to the caller: it is left alone, and changes no bit of a result."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from genlab.datasets import make_mnist1d
from genlab.models import CNN, GRU, MLP, Logistic
from genlab.sweep import TrainingCell
from genlab.training import (
    CosineDecay,
    EarlyStopping,
    Recipe,
    StepDecay,
    as_predictor,
    load_model,
    save_model,
    train,
)

DATA = make_mnist1d(n_samples=200)
CASES = {
    "Adam": (MLP((10,)), Recipe.adam(steps=20)),
    "momentum and a schedule": (
        MLP((10,)),
        Recipe.sgd(momentum=0.9, steps=20, schedule=CosineDecay()),
    ),
    "steps of the rate": (Logistic(), Recipe.sgd(steps=20, schedule=StepDecay(5, 0.5))),
    "all else": (
        MLP((10, 10), init="he", skip=True),
        Recipe.adam(
            steps=20,
            evaluate_every=5,
            clip_norm=0.1,
            weight_decay=0.1,
            loss="squared",
            batch_size=30,
            early_stopping=EarlyStopping(0.2),
        ),
    ),
    "CNN": (CNN(), Recipe.adam(steps=5)),
    "GRU": (GRU(), Recipe.adam(steps=5)),
}


def arrays(run):
    """Every number that a run has: its weights and all that was recorded."""
    weights = [leaf for leaf in jax.tree.leaves(run.modules) if isinstance(leaf, jax.Array)]
    recorded = {name: v for name, v in vars(run).items() if isinstance(v, np.ndarray)}
    return {**{f"weights {i}": np.asarray(leaf) for i, leaf in enumerate(weights)}, **recorded}


def same(one, other):
    assert one.keys() == other.keys()
    for name, array in one.items():
        assert array.dtype == other[name].dtype, name
        assert array.tobytes() == other[name].tobytes(), name


@pytest.mark.parametrize("case", CASES)
def test_training_has_the_same_bits_under_x64(case):
    model, recipe = CASES[case]
    expected = arrays(train(model, DATA, recipe, label_noise=0.1))
    assert expected["weights 0"].dtype == np.float32
    with jax.enable_x64(True):
        found = arrays(train(model, DATA, recipe, label_noise=0.1))
        assert jnp.ones(1).dtype == np.float64  # the flag is as it was
    same(expected, found)


def test_cells_saved_models_and_predictions_too(tmp_path):
    model, recipe = CASES["Adam"]
    run = train(model, DATA, recipe)
    save_model(tmp_path / "without", run, DATA)
    cell = TrainingCell(DATA.spec, model, recipe, 0)
    expected = cell.pack(cell.run())
    logits = load_model(tmp_path / "without").logits(DATA.x_test)
    loss = as_predictor(run, DATA.input_shape, 10)(DATA.x_test).log_probabilities
    with jax.enable_x64(True):
        again = train(model, DATA, recipe)
        save_model(tmp_path / "with", again, DATA)
        assert cell.pack(cell.run()) == expected
        for folder in ("without", "with"):
            found = load_model(tmp_path / folder).logits(DATA.x_test)
            assert (found.dtype, found.tobytes()) == (np.float32, logits.tobytes())
        found = as_predictor(again, DATA.input_shape, 10)(DATA.x_test).log_probabilities
        assert found.tobytes() == loss.tobytes()
    for name in ("weights.safetensors", "model.json"):
        assert (tmp_path / "with" / name).read_bytes() == (tmp_path / "without" / name).read_bytes()
