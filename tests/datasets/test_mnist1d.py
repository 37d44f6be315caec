"""MNIST-1D against the frozen published set and a plain second implementation."""

import json
from pathlib import Path

import numpy as np
import pytest
from datasets.plain_mnist1d import plain_mnist1d

from genlab.datasets import make_mnist1d

FROZEN = json.loads((Path(__file__).parent / "mnist1d_frozen.json").read_text())

SETTINGS = {
    "defaults, fewer": {"n_samples": 1000},
    "another seed, odd size": {"n_samples": 1234, "seed": 7},
    "little padding": {"n_samples": 500, "padding": (0, 20), "seed": 1},
    "one padding": {"n_samples": 500, "padding": (36, 36), "seed": 2},
    "an odd length": {"n_samples": 500, "padding": (5, 61), "seed": 3},
    "no noise": {"n_samples": 500, "corr_noise_scale": 0.0, "iid_noise_scale": 0.0},
    "long and shuffled": {"n_samples": 500, "final_seq_length": 101, "shuffle_seq": True},
    "moved beyond its length": {"n_samples": 500, "max_translation": 200, "seed": 4},
    "still": {"n_samples": 300, "max_translation": 1, "scale_coeff": 0.0, "shear_scale": 0.0},
    "split elsewhere": {"n_samples": 300, "train_split": 0.31, "shear_scale": 2.0},
}


def test_frozen_rows_and_sums():
    data = make_mnist1d()
    for part in ("train", "test"):
        rows = FROZEN[f"{part}_rows"]
        x, y = getattr(data, f"x_{part}"), getattr(data, f"y_{part}")
        assert np.abs(x[rows] - FROZEN[f"x_{part}"]).max() <= 1e-12
        assert y[rows].tolist() == FROZEN[f"y_{part}"]
        assert np.abs(x.sum(axis=0) - FROZEN[f"x_{part}_column_sums"]).max() <= 1e-9
        assert y.sum() == FROZEN[f"y_{part}_sum"]
    assert np.abs(data.t - FROZEN["t"]).max() <= 1e-12


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_any_setting_against_the_plain_one(settings):
    data = make_mnist1d(**settings)
    x_train, y_train, x_test, y_test, t = plain_mnist1d(**settings)
    assert data.x_train.shape == x_train.shape
    assert np.abs(data.x_train - x_train).max() <= 1e-12
    assert np.abs(data.x_test - x_test).max() <= 1e-12
    assert np.abs(data.t - t).max() <= 1e-12
    assert (data.y_train == y_train).all()
    assert (data.y_test == y_test).all()


def test_large_sets_are_made_in_parts_without_a_seam(monkeypatch):
    whole = make_mnist1d(n_samples=300)
    monkeypatch.setattr("genlab.datasets.mnist1d._exact._CHUNK", 17)
    assert make_mnist1d(n_samples=300).fingerprint == whole.fingerprint


def test_the_global_generator_is_left_alone():
    before = np.random.get_state()[1].copy()
    make_mnist1d(n_samples=50)
    assert (np.random.get_state()[1] == before).all()


def test_its_spec_makes_it_again():
    data = make_mnist1d(n_samples=200, padding=(10, 30), seed=5)
    assert data.spec.make().fingerprint == data.fingerprint


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n_samples": 9}, ValueError, r"`n_samples` must be an integer >= 10, got 9\."),
        ({"n_samples": 5000.0}, TypeError, r"`n_samples` must be an integer, got 5000\.0\."),
        ({"n_samples": True}, TypeError, r"`n_samples` must be an integer, got True\."),
        ({"train_split": 1.5}, ValueError, r"`train_split` must be a number from 0 to 1, got 1\.5"),
        ({"train_split": 1}, ValueError, r"`train_split` must leave at least one training and"),
        (
            {"padding": (60, 36)},
            ValueError,
            r"`padding` must be \(low, high\) with 0 <= low <= high, got \(60, 36\)\.",
        ),
        ({"padding": (-1, 5)}, ValueError, r"0 <= low <= high, got \(-1, 5\)\."),
        ({"padding": 36}, TypeError, r"`padding` must be \(low, high\) .*, got 36\."),
        ({"padding": (1.5, 3)}, TypeError, r"`padding` must be .*, got \(1\.5, 3\)\."),
        ({"max_translation": 0}, ValueError, r"`max_translation` must be an integer >= 1, got 0"),
        ({"scale_coeff": -0.1}, ValueError, r"`scale_coeff` must be a number >= 0, got -0\.1"),
        ({"iid_noise_scale": float("nan")}, ValueError, r"`iid_noise_scale` must be finite"),
        ({"shear_scale": "a"}, TypeError, r"`shear_scale` must be a number, got 'a'\."),
        ({"shuffle_seq": 1}, TypeError, r"`shuffle_seq` must be True or False, got 1\."),
        ({"final_seq_length": 1}, ValueError, r"`final_seq_length` must be an integer >= 2"),
        ({"seed": -1}, ValueError, r"`seed` must be an integer from 0 to 4294967295, got -1"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        make_mnist1d(**arguments)
