"""`double-descent-cifar100`: shrunken on made-up images, and its arithmetic on made-up curves."""

import hashlib
import io
import math
import re
import tarfile
from dataclasses import replace

import numpy as np
import pytest
from experiments.quick import by, drawn, ran, ran_here

from genlab.datasets import DataSpec, LabelNoise, fetch_cifar100
from genlab.experiments import Context, missing_sentences
from genlab.experiments.double_descent_cifar100 import PROTOCOLS, Protocol, images, run
from genlab.experiments.double_descent_cifar100.findings import runs_of, trained
from genlab.measure import proportion_difference_interval
from genlab.models import ResNet
from genlab.sweep import CellResult, Store
from genlab.training import Recipe

NAME = "double-descent-cifar100"

NO_COUNTS = {
    "kept": 1,
    "test_confusion": np.zeros((1, 1)),
    "test_confidence": np.zeros((3, 1)),
    "test_wrong": np.zeros(0, bool),
}


class MadeUp(Context):
    """Curves with a peak where labels are noisy, and none where they are clean."""

    def run_cells(self, cells):
        return [made_up(cell) for cell in cells]


def noisy_test_error(k):
    return 0.46 + 0.12 * np.exp(-((np.log(k / 11) / 0.6) ** 2)) + 0.3 * np.exp(-k / 3)


def made_up(cell):
    k = cell.model.width
    test = 0.30 + 0.55 * np.exp(-k / 4) if cell.label_noise is None else noisy_test_error(k)
    train = max(0.0, 0.8 * (1 - k / 17))
    curves = {"train_loss": 3 * train, "test_loss": 3 * test}
    curves |= {"train_error": train, "test_error": test}
    ends = {name: np.array([0.99, value]) for name, value in curves.items()}
    return CellResult(np.array([0, 10]), diverged_at=-1, **ends, **NO_COUNTS)


@pytest.fixture
def store():
    with Store("sqlite://") as opened:
        yield opened


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A data folder without files; a function that puts small archives there."""
    monkeypatch.setenv("GENLAB_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("genlab.datasets.images._fetch._CIFAR_URL", "http://127.0.0.1:9/")
    sums = dict.fromkeys(("cifar-10-binary.tar.gz", "cifar-100-binary.tar.gz"), "")
    monkeypatch.setattr("genlab.datasets.images._fetch._CIFAR", sums)

    def put(n_classes):
        rng = np.random.default_rng(n_classes)
        path = tmp_path / f"cifar-{n_classes}-binary.tar.gz"
        with tarfile.open(path, "w:gz") as tar:
            for name, n in (("train.bin", 40), ("test.bin", 30)):
                labels = rng.integers(10, size=(n, 1 if n_classes == 10 else 2))
                rows = np.hstack([labels, rng.integers(256, size=(n, 3072))]).astype(np.uint8)
                info = tarfile.TarInfo(f"cifar/{name}")
                info.size = rows.size
                tar.addfile(info, io.BytesIO(rows.tobytes()))
        sums[path.name] = hashlib.md5(path.read_bytes()).hexdigest()

    return put


class Images:
    """What the experiment asks of CIFAR-100."""

    n_train, n_test, n_classes, input_shape = 50_000, 10_000, 100, (3, 32, 32)
    name, spec, task = "cifar100", DataSpec("cifar100", {}), "classification"
    groups, classes, n_outputs = None, None, 100


def paper_scale(run_cell):
    """The published protocol, with results that are made up."""

    def run(context, protocol):
        return trained(context, protocol, Images, runs_of(context, protocol, Images), [])

    return ran_here(NAME, PROTOCOLS["paper"], run_cell, run=run)


@pytest.fixture(scope="module")
def at_paper_scale():
    return paper_scale(made_up)


def test_the_published_protocol():
    paper = PROTOCOLS["paper"]
    assert paper.widths == tuple(range(1, 65))
    assert paper.recipe == Recipe.adam(
        0.0001, batch_size=128, steps=1_562_500, evaluate_every=15_625, augment="crop_flip"
    )
    assert paper.recipe.epochs(50_000) == 4000
    assert (paper.n_train, paper.n_test) == (None, None)
    assert paper.label_noise == LabelNoise(0.2, "other")
    runs = runs_of(Context(0, None), paper, Images)
    noise = {labels: networks[0].cell.label_noise for labels, networks in runs.items()}
    assert {"noisy": LabelNoise(0.2, "other"), "clean": None} == noise
    default = PROTOCOLS["default"]
    assert default.recipe.epochs(default.n_train) == pytest.approx(200, abs=0.01)
    assert [name for name, protocol in PROTOCOLS.items() if protocol.trial] == ["quick"]


def test_a_trial_run_on_cifar10(home):
    """One width for two steps; what is not available is said."""
    home(10)
    tiny = replace(
        PROTOCOLS["quick"],
        widths=(1,),
        n_train=24,
        n_test=20,
        recipe=Recipe.adam(0.001, batch_size=8, steps=2, augment="crop_flip"),
    )
    result = ran_here(NAME, tiny)
    assert "a trial run on CIFAR-10, too small" in result.answer
    (sentence,) = missing_sentences([result])
    assert "ran without CIFAR-100: " in sentence
    assert "cifar-100-binary.tar.gz is not there: download" in sentence
    networks = result.tables["networks"]
    assert {row["dataset"] for row in networks} == {"cifar10"}
    assert [row["label_noise"] for row in networks] == [0.2, 0.0]
    assert networks[0]["n_parameters"] == ResNet(1).n_parameters((3, 32, 32), 10)
    row = result.tables["protocol"][0]
    assert (row["n_train"], row["n_test"], row["augment"]) == (24, 20, "crop_flip")
    assert result.published == []
    assert list(drawn(result)) == ["error-noisy", "error-clean"]


def test_cifar100_is_taken_where_both_are_available(home):
    home(10)
    home(100)
    protocol = Protocol((1,), 30, None, Recipe.adam())
    data, missing = images(Context(0, None), protocol, download=False)
    assert (data.name, data.n_classes, data.n_train, data.n_test) == ("cifar100", 100, 30, 30)
    assert missing == []
    assert data.spec == DataSpec("cifar100", {"n_train": 30})
    assert np.array_equal(data.spec.make().x_train, data.x_train)
    with pytest.raises(ValueError, match="`n_train` must be an integer from 1 to 40, got 41"):
        fetch_cifar100(n_train=41)


def test_without_images_it_says_how_to_provide_them(home):
    result = ran(NAME)
    assert "No network was trained" in result.answer
    sentences = missing_sentences([result])
    for name, sentence in zip(("100", "10"), sentences, strict=True):
        assert f"ran without CIFAR-{name}: " in sentence
        assert f"cifar-{name}-binary.tar.gz is not there: download" in sentence
    assert drawn(result) == {}


def test_days_on_a_cpu_are_refused(home, store, monkeypatch):
    home(100)
    long = Protocol((1, 64), None, None, Recipe.adam(batch_size=8, steps=10**6))
    context = MadeUp(0, store, jobs=4)
    refused = run(context, long)
    assert "No network was trained" in refused.answer
    (missing,) = refused.missing
    assert missing.name == "GPU"
    days = re.search(r"the 4 networks would take about ([\d.,]+) days in 4", missing.reason)
    assert float(days[1].replace(",", "")) > 1
    assert "--scale quick tries it out" in missing.reason
    assert [name for name, rows in refused.tables.items() if rows] == ["published_points"]
    assert drawn(ran_here(NAME, long, made_up)) == {}
    monkeypatch.setattr(store, "get", lambda cells: {cell.key: made_up(cell) for cell in cells})
    assert run(context, long).tables["networks"]  # what is stored is shown anywhere


def test_the_peak_is_the_end_of_the_largest_rise(at_paper_scale):
    tables = at_paper_scale.tables
    marks = by(tables["landmarks"], "labels", "landmark")
    bands = by(tables["bands"], "labels", "curve", "capacity")
    errors = [noisy_test_error(k) for k in range(1, 65)]
    rise, first, peak = max(
        (errors[j] - errors[i], i + 1, j + 1) for i in range(64) for j in range(i, 64)
    )
    assert marks["noisy", "first_minimum"]["capacity"] == first
    assert marks["noisy", "peak"]["capacity"] == peak
    row = marks["noisy", "rise"]
    assert row["estimate"] == pytest.approx(rise, abs=1e-4)
    assert 0 < row["low"] < row["estimate"] < row["high"]
    counts = [round(10_000 * bands["noisy", "test_error", k]["estimate"]) for k in (peak, first)]
    simultaneous = proportion_difference_interval(
        counts[0], 10_000, counts[1], 10_000, 1 - 0.05 / math.comb(64, 2)
    )
    assert (row["low"], row["high"]) == pytest.approx(
        (float(simultaneous.low), float(simultaneous.high))
    )
    assert marks["noisy", "second_minimum"]["capacity"] == 64
    assert marks["noisy", "threshold"]["capacity"] == pytest.approx(16.8, abs=0.1)
    assert f"at k = {peak}, and falls to" in at_paper_scale.answer
    assert "has no significant peak" in at_paper_scale.answer
    assert "falls below 1% between k = 16 and k = 17" in at_paper_scale.answer
    assert "With one seed per width, a peak could be due to chance" in at_paper_scale.answer
    test = bands["clean", "test_error", 64]
    assert test["high"] - test["low"] == pytest.approx(
        2 * 1.96 * np.sqrt(test["estimate"] * (1 - test["estimate"]) / 10_000), rel=0.01
    )
    assert bands["clean", "train_error", 64]["low"] is None


def test_compared_with_the_published_values(at_paper_scale):
    rows = by(at_paper_scale.published, "name")
    assert len(rows) == 5
    noisy = "20% label noise"
    assert rows[f"test error at its peak (%), {noisy}"]["published"] == 62.0
    last = rows["test error at k = 64 (%), clean labels"]
    assert (last["published"], last["tolerance"]) == pytest.approx((30.0, 3.0))
    assert last["measured"] == pytest.approx(30.0, abs=0.1)
    assert last["low"] < last["measured"] < last["high"]
    assert rows[f"width k of the peak, {noisy}"]["published"] == 11
    assert rows[f"width k from which training error is below 1%, {noisy}"]["measured"] == (
        pytest.approx(16.5, abs=3)
    )
    # One network per width agrees with nothing, although it has an interval over images.
    assert {row["mark"] for row in rows.values()} == {"uncertain"}


def test_the_figures_hold_the_tables(at_paper_scale):
    found = drawn(at_paper_scale)
    assert list(found) == ["error-noisy", "error-clean"]
    held = [layer["data"]["values"] for layer in found["error-noisy"].spec()["layer"]]
    rows = [row for values in held for row in values]
    shown = {(row["set"], row["capacity"]): row["estimate"] for row in rows if "estimate" in row}
    assert len(shown) == 128
    for row in at_paper_scale.tables["bands"]:
        if row["labels"] == "noisy" and row["curve"] == "test_error":
            assert shown["test", row["capacity"]] == row["estimate"]
    names = [row["name"] for row in rows if "name" in row]
    assert {"classical", "critical", "modern", "training error below 1%"} == set(names)
    diamonds = [row["value"] for row in rows if row.get("key") == "published"]
    assert sorted(diamonds) == [0.0, 0.46, 0.62]


def width_3_diverged(cell):
    result = made_up(cell)
    if cell.model.width != 3:
        return result
    return CellResult(result.steps, *[np.full(2, np.nan)] * 4, diverged_at=10, **NO_COUNTS)


def test_diverged_networks_are_left_out_and_counted():
    result = paper_scale(width_3_diverged)
    assert {row["capacity"] for row in result.tables["networks"]} == set(range(1, 65)) - {3}
    assert any("2 of 128 networks diverged and are left out" in note for note in result.notes)
