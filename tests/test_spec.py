"""Specs turn to JSON and back, and equal specs have one identity."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genlab import Recipe, StepDecay
from genlab._base import specs
from genlab.datasets import make_mnist1d
from genlab.models import MLP
from genlab.sweep import TrainingCell

decays = st.none() | st.builds(
    StepDecay, every_epochs=st.integers(1, 50), factor=st.floats(0.01, 1.0)
)
recipes = st.builds(
    Recipe.sgd,
    learning_rate=st.floats(1e-6, 10),
    momentum=st.floats(0, 0.99),
    batch_size=st.none() | st.integers(1, 80),
    steps=st.integers(1, 10**6),
    schedule=decays,
    evaluate_every=st.integers(1, 1000),
)
models = st.builds(
    MLP,
    hidden=st.lists(st.integers(1, 500), max_size=4).map(tuple),
    init=st.sampled_from(["fan_in", "he"]),
)
DATA = make_mnist1d(n_samples=100).spec


@given(recipe=recipes, model=models, seed=st.integers(0, 2**32 - 1))
def test_a_cell_survives_json(recipe, model, seed):
    cell = TrainingCell(DATA, model, recipe, seed)
    again = TrainingCell.from_dict(json.loads(json.dumps(cell.to_dict())))
    assert again == cell
    assert again.key == cell.key
    assert hash(again) == hash(cell)


def test_every_field_is_part_of_the_identity():
    base = TrainingCell(DATA, MLP(), Recipe.sgd(), 0)
    others = [
        TrainingCell(make_mnist1d(n_samples=100, seed=43).spec, MLP(), Recipe.sgd(), 0),
        TrainingCell(DATA, MLP(init="he"), Recipe.sgd(), 0),
        TrainingCell(DATA, MLP(), Recipe.sgd(schedule=StepDecay()), 0),
        TrainingCell(DATA, MLP(), Recipe.sgd(evaluate_every=50), 0),
        TrainingCell(DATA, MLP(), Recipe.sgd(), 1),
    ]
    assert len({cell.key for cell in [base, *others]}) == 6


def test_a_field_that_was_added_later_keeps_identities():
    @dataclasses.dataclass(frozen=True)
    class Spec:
        size: int = 3
        colour: str | None = dataclasses.field(default=None, metadata=specs.ADDED)

    assert sorted(specs.to_dict(Spec())) == ["kind", "size"]
    assert specs.to_dict(Spec(colour="red"))["colour"] == "red"
    for spec in (Spec(), Spec(colour="red")):
        values = {**specs.to_dict(spec), "kind": "Spec"}
        assert specs.from_dict(values, {"Spec": Spec}) == spec


def test_numpys_numbers_are_numbers():
    recipe = Recipe.sgd(np.float32(0.5), steps=np.int64(10), batch_size=np.int32(5))
    cell = TrainingCell(DATA, MLP(hidden=np.array([3, 4])), recipe, np.int64(3))
    plain = Recipe.sgd(0.5, steps=10, batch_size=5)
    assert cell.key == TrainingCell(DATA, MLP(hidden=(3, 4)), plain, 3).key


def test_a_kind_of_its_own():
    with pytest.raises(ValueError, match="`kind` must be Cell, got 'MLP'"):
        TrainingCell.from_dict({"kind": "MLP", "hidden": [3]})


def test_an_integer_rate_is_the_same_rate():
    one = TrainingCell(DATA, MLP(), Recipe.sgd(learning_rate=1), 0)
    assert one.key == TrainingCell(DATA, MLP(), Recipe.sgd(learning_rate=1.0), 0).key


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "Unknown"}, "`kind` must be one of .*MLP.*, got 'Unknown'"),
        ({"colour": 1}, "Cell has no field 'colour'"),
        ({"kind": "MLP", "hidden": [3]}, "MLP has no field 'data'"),
        ({"recipe": {"kind": "Recipe"}}, "Recipe lacks the field 'batch_size'"),
        ({"model": {"kind": "os.system", "hidden": []}}, "`kind` must be one of"),
    ],
)
def test_a_foreign_spec_is_refused(change, message):
    values = TrainingCell(DATA, MLP(), Recipe.sgd(), 0).to_dict() | change
    with pytest.raises(ValueError, match=message):
        TrainingCell.from_dict(values)
