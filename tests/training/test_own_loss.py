"""A loss of another package: as genlab's own where it is the same, and never a file's to import."""

import dataclasses
import json
import re
import sys

import numpy as np
import pytest

from genlab import ConformanceError, ModelFileError, Recipe, load_model, save_model, train
from genlab.datasets import Dataset
from genlab.models import Logistic
from genlab.selection import search_from_file
from genlab.sweep import TrainingCell
from genlab.testing import loss_checks

pytestmark = pytest.mark.usefixtures("outside")

RECIPE = Recipe.adam(0.1, steps=20, batch_size=None, evaluate_every=10)
PATH = "outside_lab.losses:cross_entropy"
X = np.random.default_rng(0).standard_normal((40, 3))
CLASSES = Dataset(X[:30], np.arange(30) % 2, X[30:], np.arange(10) % 2)
NUMBERS = Dataset(X[:30], 5 + 3 * X[:30, 0], X[30:], 5 + 3 * X[30:, 0], task="regression")


def with_loss(loss):
    return dataclasses.replace(RECIPE, loss=loss)


def test_it_trains_as_the_same_loss_of_genlab_s():
    own = train(Logistic(), CLASSES, with_loss(PATH))
    plain = train(Logistic(), CLASSES, RECIPE)
    for name in ("train_loss", "test_loss", "train_error", "test_error"):
        np.testing.assert_allclose(getattr(own, name), getattr(plain, name), rtol=1e-5)
    weighted = dataclasses.replace(CLASSES, sample_weight=np.arange(30.0))
    np.testing.assert_allclose(
        train(Logistic(), weighted, with_loss(PATH)).train_loss,
        train(Logistic(), weighted, RECIPE).train_loss,
        rtol=1e-5,
    )


def test_a_regression_records_its_values_as_they_are():
    """On standardised targets, where genlab's own is in units of the target's square."""
    own = train(Logistic(), NUMBERS, with_loss("outside_lab.losses:squared"))
    plain = train(Logistic(), NUMBERS, with_loss("squared"))
    variance = NUMBERS.y_train.var()
    np.testing.assert_allclose(own.train_loss * variance, plain.train_loss, rtol=1e-5)
    np.testing.assert_allclose(own.test_error, plain.test_error, rtol=1e-5)


def test_both_of_its_names_are_one_loss_of_one_key():
    by_entry, by_path = with_loss("outside-squared"), with_loss("outside_lab.losses:squared")
    assert by_entry == by_path
    assert by_entry.loss == "outside_lab.losses:squared"
    cells = [TrainingCell(NUMBERS.spec, Logistic(), recipe, 0) for recipe in (by_entry, by_path)]
    assert cells[0].key == cells[1].key
    assert TrainingCell.from_dict(cells[0].to_dict()) == cells[0]


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        ("nothing", "`loss` must be one of 'cross_entropy', 'squared', 'absolute', 'outside-squa"),
        ("outside_lab.losses:nothing", "outside_lab.losses has no 'nothing'"),
        ("nowhere.losses:own", "no module 'nowhere"),
        ("__main__:own", "it is defined in the script or notebook that is running"),
        ("outside_lab.losses:NOT_A_FUNCTION", "`loss` must name a function, got"),
        (3, "`loss` must be one of"),
    ],
)
def test_what_is_no_loss_is_one_sentence(loss, message):
    with pytest.raises((ValueError, TypeError), match=re.escape(message)):
        with_loss(loss)


def test_a_loss_of_another_shape_is_one_sentence():
    message = r"`loss` must return one number per example, shape \(30,\), got shape \(\)"
    with pytest.raises(ValueError, match=message):
        train(Logistic(), NUMBERS, with_loss("outside_lab.losses:averaged"))


@pytest.fixture
def saved(tmp_path):
    """A model that was trained by a loss whose package has no entry point for losses."""
    save_model(tmp_path / "m", train(Logistic(), CLASSES, RECIPE), CLASSES)
    path = tmp_path / "m" / "model.json"
    values = json.loads(path.read_text())

    def by(loss):
        values["recipe"]["loss"] = loss
        path.write_text(json.dumps(values))
        return tmp_path / "m"

    return by


def test_a_model_s_file_imports_no_loss(saved, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "hostile_loss.py").write_text("def own(outputs, y): return outputs[0]\n")
    folder = saved("hostile_loss:own")
    with pytest.raises(ModelFileError, match=r"'hostile_loss:own' is neither genlab's own nor"):
        load_model(folder)
    assert "hostile_loss" not in sys.modules
    model = load_model(folder, packages=["hostile_loss"])
    logits = model.logits(X).astype(float)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.probabilities(X), expected, rtol=1e-5)
    del sys.modules["hostile_loss"]


def test_a_package_with_an_entry_point_may_be_loaded(saved):
    assert load_model(saved(PATH)).recipe.loss == PATH


@pytest.mark.parametrize("where", ["[model]\nloss = {}", "[parameters]\nloss = [{}]"])
def test_a_search_s_file_imports_no_loss(where, tmp_path):
    path = tmp_path / "search.toml"
    other = "" if "parameters" in where else "[parameters]\n"
    text = where.format('"outside_lab.untrusted:own"') + "\n" + other + "steps = [1, 2]\n"
    path.write_text('[data]\ndataset = "mnist1d"\n' + text)
    with pytest.raises(ValueError, match="`loss` must be of a package that you allow"):
        search_from_file(path)
    assert "outside_lab.untrusted" not in sys.modules


BROKEN = {
    "averaged": "return one finite number per example, got shape ()",
    "beyond": "return one finite number per example, got inf",
    "of_all": "depend on one example each, got other values for fewer",
    "counted": "have a gradient that is not zero for random outputs, got zero",
    "not_traced": "return the same in a compiled program, also for several models at once, got Con",
    "stopped": "have the gradient that finite differences give, got a slope of",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_loss_is_named(name):
    from outside_lab import losses

    task = "classification" if name == "counted" else "regression"
    found = []
    for check in loss_checks(getattr(losses, name), task):
        try:
            check()
        except ConformanceError as error:
            found.append(str(error))
    assert any(f"`{name}` must {BROKEN[name]}" in sentence for sentence in found), found


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_good_loss_keeps_all_rules(task):
    from outside_lab import losses

    good = losses.cross_entropy if task == "classification" else losses.squared
    for check in loss_checks(good, task):
        check()
    with pytest.raises(TypeError, match="`loss` must be a function, got 3"):
        loss_checks(3)
