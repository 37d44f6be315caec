"""Networks trained again for their functions between two examples."""

import dataclasses
import itertools
import time
from types import SimpleNamespace

import numpy as np
import pytest
import scipy

import genlab
from genlab.datasets import (
    PATH_ENDS,
    DataSpec,
    corrupt_labels,
    example_pair,
    path_between,
)
from genlab.explorer import _networks
from genlab.explorer._networks import Networks, _check_installed
from genlab.explorer._questions import questions
from genlab.explorer._results import width_curves

PAIRS = range(200)


@pytest.fixture(scope="module")
def data():
    return genlab.datasets.make_mnist1d(n_samples=100)


@pytest.fixture(scope="module")
def asked(networks_store):
    """The questions after the three networks of seed 0 were trained again; and their runs' ids."""
    found = questions(networks_store)
    (family,) = found["widths"]({})["families"]
    ids = [point["id"] for point in family["points"]]
    assert [point["width"] for point in family["points"]] == [2, 4, 12]
    assert [(point["seconds"], point["seed"]) for point in family["points"]] == [
        (2, 0),
        (4, 0),
        (12, 0),
    ]
    assert found["functions"]({"ids": ids}) == {"networks": []}
    trained(found, ids=ids)
    return found, ids


def trained(found, **given):
    job = found["retrain"](given)
    while (state := found["progress"](job))["running"]:
        time.sleep(0.02)
    assert "error" not in state
    assert state["step"] == state["steps"] == 40


def modules(seed=0):
    """Width -> module and probabilities of the same network, by `train`."""
    data = genlab.datasets.make_mnist1d(n_samples=100)
    recipe = genlab.Recipe.sgd(1.0, steps=40, batch_size=None, evaluate_every=20)
    return {
        width: genlab.train(genlab.models.MLP((width,)), data, recipe, [seed], label_noise=0.3)
        for width in (2, 4, 12)
    }


def probabilities(run, x):
    """The network's softmax, by its weights."""
    layers = [one for one in run.modules[0].layers if hasattr(one, "weight")]
    for i, layer in enumerate(layers):
        x = x @ np.asarray(layer.weight).T + np.asarray(layer.bias)
        x = np.maximum(x, 0) if i < len(layers) - 1 else x
    return scipy.special.softmax(x, axis=1)


def changes(values):
    """How often the class changes along a path."""
    predicted = values.argmax(axis=1)
    return sum(one != other for one, other in itertools.pairwise(predicted))


@pytest.mark.parametrize("to", PATH_ENDS)
def test_functions_are_those_of_the_stored_networks(asked, data, to):
    found, ids = asked
    shown = found["functions"]({"ids": ids, "pair": 7, "to": to})
    pair = example_pair(data, 7, to)
    path = path_between(data, pair)
    noisy = corrupt_labels(data.y_train, 0.3, 10, seed=0)[0]
    end = (data.y_test if to == "test" else data.y_train)[pair.end]
    assert (shown["start"]["index"], shown["end"]["label"]) == (pair.start, end)
    assert shown["start"]["input"] == path[0].tolist()
    assert shown["distance"] == pytest.approx(np.sqrt(((path[-1] - path[0]) ** 2).sum()))
    counts = {}
    for network, (width, run) in zip(shown["networks"], modules().items(), strict=True):
        truth = probabilities(run, path)
        np.testing.assert_allclose(network["probabilities"], truth.T, atol=1e-4)
        predicted = truth.argmax(axis=1)
        assert network["repeats"] is True
        assert network["errors"]["test_error"] == run.test_error[0, -1]
        assert network["labels"] == [noisy[pair.start], None if to == "test" else noisy[pair.end]]
        classes = [network["first"], *(change["after"] for change in network["changes"])]
        assert classes == [
            one for i, one in enumerate(predicted) if i == 0 or one != predicted[i - 1]
        ]
        assert all(predicted[int(100 * c["at"])] == c["before"] for c in network["changes"])
        counts[width] = [
            changes(probabilities(run, path_between(data, example_pair(data, i, to))))
            for i in PAIRS
        ]
        interval = network["mean_changes"]
        assert interval["estimate"] == pytest.approx(np.mean(counts[width]))
        assert interval["low"] < interval["estimate"] < interval["high"]
    more = shown["networks"][0]["more_changes"]
    truth = scipy.stats.ttest_rel(counts[2], counts[12]).confidence_interval()
    assert (more["low"], more["high"]) == pytest.approx((truth.low, truth.high))
    assert "more_changes" not in shown["networks"][-1]


def test_another_seed_is_another_network(asked, data):
    found, ids = asked
    trained(found, ids=ids[:1], seed=8)
    (network,) = found["functions"]({"ids": ids, "seed": 8, "pair": 1})["networks"]
    assert network["repeats"] is None
    path = path_between(data, example_pair(data, 1, "different"))
    truth = probabilities(modules(8)[2], path)
    np.testing.assert_allclose(network["probabilities"], truth.T, atol=1e-4)


def test_of_many_networks_three_are_drawn(asked, monkeypatch):
    """The narrowest, the chosen one and the widest."""
    found, ids = asked
    monkeypatch.setattr(_networks, "_MOST_DRAWN", 2)
    for chosen, drawn in ((ids[1], ids), (ids[2], [ids[0], ids[2]]), (None, [ids[0], ids[2]])):
        networks = found["functions"]({"ids": ids, "chosen": chosen})["networks"]
        assert [network["id"] for network in networks] == drawn


def test_the_oldest_network_is_forgotten(asked, monkeypatch):
    found, ids = asked
    monkeypatch.setattr(_networks, "_MOST_KEPT", 3)
    trained(found, ids=ids[:1], seed=9)
    assert len(found["functions"]({"ids": ids, "seed": 9})["networks"]) == 1
    assert [one["id"] for one in found["functions"]({"ids": ids})["networks"]] == ids[1:]


def test_a_network_that_a_job_needs_is_not_forgotten(networks_store, monkeypatch):
    """The oldest one, asked for first, outlasts those that the same job trains."""
    monkeypatch.setattr(_networks, "_MOST_KEPT", 2)
    monkeypatch.setattr(_networks, "_trained", lambda cell, *_: cell.key)
    networks = Networks(networks_store, None)
    ids = [point["id"] for point in width_curves(networks_store)[0]["points"]]
    cells = networks._cells({"ids": ids})
    for some in (ids[:2], [ids[0], ids[2]]):
        networks._train([cells[one] for one in some], print)
    assert list(networks._kept) == [cells[ids[0]].key, cells[ids[2]].key]


def test_functions_are_of_one_data_set(asked, monkeypatch):
    found, ids = asked
    other = genlab.datasets.make_mnist1d(n_samples=100, seed=7).spec
    cells = Networks._cells

    def mixed(self, given):
        made = cells(self, given)
        return {**made, ids[0]: dataclasses.replace(made[ids[0]], data=other)}

    trained(found, ids=ids)
    monkeypatch.setattr(Networks, "_cells", mixed)
    trained(found, ids=ids)
    with pytest.raises(ValueError, match="`ids` must be runs of one data set"):
        found["functions"]({"ids": ids})


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("retrain", {"ids": []}, "`ids` must be from 1"),
        ("retrain", {"ids": ["x"] * 2}, "`ids` must name runs of the store, got 'x'"),
        ("retrain", {"ids": [[]]}, "`ids` must name runs"),
        ("retrain", None, "`ids` must"),
        ("functions", {"ids": "abc"}, "`ids` must"),
    ],
)
def test_networks_that_are_refused(asked, name, given, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        asked[0][name](given)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [({"seed": -1}, "`seed` must be"), ({"pair": "x"}, "`pair` must"), ({"to": "x"}, "`to` must")],
)
def test_functions_that_are_refused(asked, given, sentence):
    found, ids = asked
    with pytest.raises((TypeError, ValueError), match=sentence):
        found["functions"]({"ids": ids, **given})


def test_code_that_a_store_names_is_not_run(networks_store, tmp_path):
    mark = tmp_path / "mark"
    with genlab.sweep.Store(networks_store) as store:
        ids = [point["id"] for point in width_curves(store)[0]["points"]]
        (own, *_) = Networks(store, None)._cells({"ids": ids}).values()
        result = store.get([own])[own.key]
    code = DataSpec("subprocess:getoutput", {"cmd": f"touch {mark}"})
    with genlab.sweep.Store(tmp_path / "store.db") as store:
        store.put(dataclasses.replace(own, data=code), result, seconds=1.0, environment={})
    found = questions(tmp_path / "store.db")
    (run,) = found["runs"]({})["runs"]
    for name in ("retrain", "functions"):
        with pytest.raises(genlab.GenlabError, match="it needs 'subprocess:getoutput', which no"):
            found[name]({"ids": [run["id"]]})
    assert not mark.exists()


def test_code_of_installed_packages_is_run(outside):
    brought = {"kind": "outside_lab.models:CNN", "loss": "outside_lab.losses:squared"}
    _check_installed({**brought, "data": {"name": "outside_lab.data:blobs"}, "seed": 0})
    for other in ("outside_lab.losses:averaged", "os:_exit", "outside_lab.data:np.save"):
        with pytest.raises(genlab.GenlabError, match=f"it needs '{other}'"):
            _check_installed({**brought, "data": {"of": [{"function": other}]}})


def test_trainings_that_come_to_nothing(networks_store, monkeypatch):
    """One that takes too long, and one without classes."""
    found = questions(networks_store)
    (family,) = found["widths"]({})["families"]
    (cell,) = Networks(networks_store, None)._cells({"ids": [family["points"][0]["id"]]}).values()
    data = cell.data.make()
    with pytest.raises(genlab.GenlabError, match="a regression has no class probabilities"):
        _networks._trained(cell, SimpleNamespace(task="regression"), None, 0, print)
    monkeypatch.setattr(_networks, "_SLOWER", 0)
    with pytest.raises(genlab.GenlabError, match="it took more than 0 s"):
        _networks._trained(cell, data, None, 0, lambda **told: None)
