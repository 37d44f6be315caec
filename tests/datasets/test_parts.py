"""Subsets, splits, label noise, frames, and files of MNIST-1D."""

import json
import subprocess
import sys

import numpy as np
import pandas
import pyarrow.parquet
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from genlab import DataFileError
from genlab.datasets import (
    check_mnist1d,
    corrupt_labels,
    make_mnist1d,
    split_indices,
    write_mnist1d,
)


@given(
    counts=st.lists(st.integers(5, 60), min_size=1, max_size=6),
    shares=st.lists(st.integers(1, 9), min_size=2, max_size=4),
    seed=st.integers(0, 1000),
)
def test_splits_are_whole_disjoint_and_stratified(counts, shares, seed):
    y = np.repeat(np.arange(len(counts)), counts)
    fractions = [share / sum(shares) for share in shares]
    assume(min(fractions) * len(y) >= 1)
    parts = split_indices(y, fractions, seed=seed)
    assert sorted(np.concatenate(parts)) == list(range(len(y)))
    for part, fraction in zip(parts, fractions, strict=True):
        assert abs(len(part) - fraction * len(y)) <= 1
        for label, count in enumerate(counts):
            assert abs((y[part] == label).sum() - fraction * count) <= 2


def test_split_of_a_dataset(small_data):
    train, validation, test = small_data.split(0.25, seed=1)
    assert (len(train.y), len(validation.y), len(test.y)) == (300, 100, 100)
    assert np.array_equal(test.x, small_data.x_test)
    rows = {row.tobytes() for row in small_data.x_train}
    found = [row.tobytes() for row in np.concatenate([train.x, validation.x])]
    assert set(found) == rows
    assert len(found) == len(rows)
    again = small_data.split(0.25, seed=1)
    assert np.array_equal(again.validation.x, validation.x)
    assert not np.array_equal(small_data.split(0.25, seed=2).validation.x, validation.x)
    unstratified = small_data.split(0.25, stratified=False)
    assert len(unstratified.validation.y) == 100


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: split_indices([0, 1], (0.5, 0.6)), "`fractions` must add up to 1"),
        (lambda: split_indices([0, 1], (1.5, -0.5)), "`fractions` must be a number from 0 to 1"),
        (lambda: split_indices([0, 1], (0.99, 0.01)), "must leave no set empty"),
        (lambda: make_mnist1d(100).split(1.0), "must leave no set empty"),
        (lambda: make_mnist1d(100).subset(train=81), "`train` must be an integer from 1 to 80"),
        (lambda: make_mnist1d(100).subset(test=[20]), "`test` must hold indices from 0 to 19"),
        (lambda: make_mnist1d(100).subset(train=[True]), "`train` must be a mask of 80 examples"),
        (lambda: corrupt_labels([0, 1], 1.5, 2), "`fraction` must be a number from 0 to 1"),
        (lambda: corrupt_labels([0, 5], 0.1, 5), "`y` must hold labels from 0 to 4, got 0 to 5"),
        (lambda: corrupt_labels([0.5], 0.1, 5), "`y` must hold integer labels"),
        (lambda: corrupt_labels([0], 0.1, 1), "`n_classes` must be an integer >= 2"),
        (lambda: corrupt_labels([0], 0.1, 2, how="flip"), "`how` must be one of 'redraw', 'other'"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_subset(small_data):
    part = small_data.subset(train=[3, 1], test=5)
    assert np.array_equal(part.x_train, small_data.x_train[[3, 1]])
    assert np.array_equal(part.y_test, small_data.y_test[:5])
    assert part.n_classes == 10
    mask = small_data.y_train == 4
    assert set(small_data.subset(train=mask).y_train) == {4}
    assert small_data.subset().fingerprint == small_data.fingerprint


def test_to_frame(small_data):
    frame = small_data.to_frame()
    assert list(frame.columns[:4]) == ["set", "label", "x0", "x1"]
    assert len(frame) == 500
    train = frame[frame["set"] == "train"]
    assert np.array_equal(train.iloc[:, 2:].to_numpy(), small_data.x_train)
    assert "number of examples in each class" in small_data._repr_html_()


@pytest.mark.parametrize("how", ["redraw", "other"])
@pytest.mark.parametrize("fraction", [0.0, 0.15, 0.2, 1.0])
def test_label_noise(how, fraction):
    y = np.random.default_rng(0).integers(0, 10, 20_000)
    labels, picked = corrupt_labels(y, fraction, 10, how, seed=4)
    assert picked.sum() == round(fraction * len(y))
    assert np.array_equal(labels[~picked], y[~picked])
    changed = (labels != y)[picked]
    if how == "other":
        assert changed.all()
        offsets = np.bincount((labels - y)[picked] % 10, minlength=10)[1:]
    else:
        if fraction:
            assert changed.mean() == pytest.approx(0.9, abs=0.025)
        offsets = np.bincount(labels[picked], minlength=10)
    if fraction:
        assert stats.chisquare(offsets).pvalue > 1e-4
    again, _ = corrupt_labels(y, fraction, 10, how, seed=4)
    assert np.array_equal(again, labels)
    if fraction:
        assert not np.array_equal(corrupt_labels(y, fraction, 10, how, seed=5)[0], labels)


@pytest.mark.parametrize("suffix", [".npz", ".parquet", ".csv"])
@pytest.mark.parametrize("method", ["exact", "fast"])
def test_files_hold_the_examples_and_their_recipe(tmp_path, suffix, method):
    path = tmp_path / f"file{suffix}"
    seen = []
    write_mnist1d(
        path, 500, 0.7, method=method, chunk_size=97, jobs=2, seed=9, progress=seen.append
    )
    assert seen[-1] == 500
    data = make_mnist1d(500, 0.7, method=method, seed=9)
    if suffix == ".npz":
        arrays = np.load(path)
        assert np.array_equal(arrays["x"], data.x_train)
        assert np.array_equal(arrays["y_test"], data.y_test)
        assert np.array_equal(arrays["t"], data.t)
        recipe = str(arrays["genlab"])
    elif suffix == ".parquet":
        frame = pandas.read_parquet(path)
        assert np.array_equal(np.stack(list(frame["x"])), stacked(data))
        assert frame["set"].tolist() == ["train"] * 350 + ["test"] * 150
        metadata = pyarrow.parquet.read_schema(path).metadata
        recipe = metadata[b"genlab"]
        assert json.loads(metadata[b"t"]) == data.t.tolist()
    else:
        frame = pandas.read_csv(path, comment="#")
        np.testing.assert_allclose(frame.iloc[:, 2:].to_numpy(), stacked(data), rtol=1e-14)
        recipe = path.read_text().splitlines()[0].removeprefix("# ")
    arguments = json.loads(recipe)["arguments"]
    assert make_mnist1d(**arguments).fingerprint == data.fingerprint
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def stacked(data):
    return np.concatenate([data.x_train, data.x_test])


def test_a_failure_leaves_nothing(tmp_path):
    def stop(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_mnist1d(tmp_path / "a.parquet", 1000, method="fast", progress=stop, chunk_size=100)
    with pytest.raises(ValueError, match=r"`path` must be one of '.npz', '.parquet', '.csv', got"):
        write_mnist1d(tmp_path / "a.txt")
    with pytest.raises(DataFileError, match="cannot be written: No such file or directory"):
        write_mnist1d(tmp_path / "missing" / "a.npz")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".npz", ".parquet", ".csv"])
def test_check(tmp_path, suffix):
    path = tmp_path / f"file{suffix}"
    write_mnist1d(path)
    assert check_mnist1d(path) == (
        True,
        f"{path} is the frozen published set: largest difference 0.",
    )
    write_mnist1d(path, seed=43)
    assert check_mnist1d(path)[1].startswith(f"{path} is not the frozen published set: it differs")
    write_mnist1d(path, 100)
    assert "x has shape (80, 40), not (4000, 40)" in check_mnist1d(path)[1]
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(DataFileError, match=f"{path}.*(holds no MNIST-1D|cannot be read)"):
        check_mnist1d(path)


def test_a_million_examples_in_little_memory(tmp_path):
    """Peak memory of a process that writes as many as 320 MB of examples."""
    program = (
        "import resource, sys; from genlab.datasets import write_mnist1d\n"
        "write_mnist1d(sys.argv[1], 10_000, method='fast')\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "write_mnist1d(sys.argv[1], 1_000_000, method='fast', jobs=2)\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "a.parquet")]
    grown = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert grown < 150
