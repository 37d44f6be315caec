"""`double-descent-cifar100`: shrunken on made-up images, and its arithmetic on made-up curves."""

import hashlib
import io
import json
import re
import tarfile

import numpy as np
import pytest
from experiments.quick import by

from genlab.datasets import DataSpec, LabelNoise, _fetch
from genlab.experiments import Context, ExperimentResult
from genlab.experiments import double_descent_cifar100 as experiment
from genlab.experiments.double_descent_cifar100.figures import figures
from genlab.models import ResNet
from genlab.sweep import CellResult, Device, Store
from genlab.training import Recipe

NAME = "double-descent-cifar100"

NO_COUNTS = {
    "kept": 1,
    "test_confusion": np.zeros((1, 1)),
    "test_confidence": np.zeros((3, 1)),
    "test_wrong": np.zeros(0, bool),
}


class InProcess(Context):
    """Runs cells where the made-up files are known."""

    def run_cells(self, cells):
        return [cell.run() for cell in cells]


class MadeUp(Context):
    """Curves with a peak where labels are wrong, and none where they are right."""

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
    monkeypatch.setattr(_fetch, "_CIFAR_URL", "http://127.0.0.1:9/")
    sums = dict(_fetch._CIFAR)
    monkeypatch.setattr(_fetch, "_CIFAR", sums)

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


def result_of(context):
    found = experiment.run(context)
    made = ExperimentResult(
        experiment=NAME,
        scale=context.scale,
        seed=context.seed,
        tables=found.tables,
        published=[row.row() for row in found.published],
        answer=found.answer,
        seconds=0.0,
        notes=found.notes,
    )
    return ExperimentResult.from_json(json.loads(json.dumps(made.to_json(), allow_nan=False)))


def drawn(result):
    found = {figure.name: figure for figure in figures(result)}
    for figure in found.values():
        assert "NaN" not in json.dumps(figure.spec())
        assert figure.files()[f"{figure.name}.png"].startswith(b"\x89PNG")
    return found


@pytest.fixture
def gpu(monkeypatch):
    """As if there were one, and CIFAR-100."""

    class Images:
        n_train, n_test, n_classes, input_shape = 50_000, 10_000, 100, (3, 32, 32)
        name, spec = "cifar100", DataSpec("cifar100", {})

    monkeypatch.setattr(experiment, "_images", lambda *_, download: (Images, ""))
    monkeypatch.setattr(experiment, "device_of_workers", lambda: Device("gpu", 1))


@pytest.fixture
def at_paper_scale(gpu, store):
    """The published protocol on curves that are made up."""
    return result_of(MadeUp("paper", 0, store))


def test_the_published_protocol():
    paper = experiment._SCALES["paper"]
    assert paper.widths == tuple(range(1, 65))
    assert paper.recipe == Recipe.adam(
        0.0001, batch_size=128, steps=1_562_500, evaluate_every=15_625, augment="crop_flip"
    )
    assert paper.recipe.epochs(50_000) == 4000
    assert (paper.n_train, paper.n_test) == (None, None)
    assert {"noisy": LabelNoise(0.2, "other"), "clean": None} == experiment._NOISE
    default = experiment._SCALES["default"]
    assert default.recipe.epochs(default.n_train) == pytest.approx(200, abs=0.01)


def test_a_smoke_run_on_cifar10(home, store, monkeypatch):
    """Two widths for two steps; what is not at hand is told."""
    home(10)
    small = experiment._SCALES["quick"]._replace(
        widths=(1,),
        n_train=24,
        n_test=20,
        recipe=Recipe.adam(0.001, batch_size=8, steps=2, augment="crop_flip"),
    )
    monkeypatch.setitem(experiment._SCALES, "quick", small)
    result = result_of(InProcess("quick", 0, store))
    assert "A smoke run on CIFAR-10" in result.answer
    assert "Without CIFAR100: cifar-100-binary.tar.gz is not there: put" in result.answer
    networks = result.tables["networks"]
    assert {row["dataset"] for row in networks} == {"cifar10"}
    assert [row["label_noise"] for row in networks] == [0.2, 0.0]
    assert networks[0]["n_parameters"] == ResNet(1).n_parameters((3, 32, 32), 10)
    row = result.tables["protocol"][0]
    assert (row["n_train"], row["n_test"], row["augment"]) == (24, 20, "crop_flip")
    assert result.published == []
    assert list(drawn(result)) == ["error-noisy", "error-clean"]


def test_cifar100_is_taken_where_both_are_at_hand(home, store):
    home(10)
    home(100)
    scale = experiment._Scale((1,), 30, None, Recipe.adam())
    data, missing = experiment._images(Context("quick", 0, store), scale, download=False)
    assert (data.name, data.n_classes, data.n_train, data.n_test) == ("cifar100", 100, 30, 30)
    assert missing == ""
    assert data.spec == DataSpec("cifar100", {"n_train": 30})
    assert np.array_equal(data.spec.make().x_train, data.x_train)
    with pytest.raises(ValueError, match="`n_train` must be an integer from 1 to 40, got 41"):
        _fetch.fetch_cifar100(n_train=41)


def test_without_images_it_says_how_to_provide_them(home, store):
    result = result_of(Context("quick", 0, store))
    assert "No network was trained." in result.answer
    for name in ("cifar-100-binary.tar.gz", "cifar-10-binary.tar.gz"):
        assert f"put {name} into" in result.answer
    assert list(drawn(result)) == ["error-noisy"]


def test_days_on_a_cpu_are_refused(home, store, monkeypatch):
    home(100)
    monkeypatch.setattr(experiment, "device_of_workers", lambda: Device("cpu", 1))
    small = experiment._Scale((1, 64), None, None, Recipe.adam(batch_size=8, steps=10**6))
    monkeypatch.setitem(experiment._SCALES, "default", small)
    context = MadeUp("default", 0, store, jobs=4)
    refused = experiment.run(context)
    message = r"Scale 'default' needs a GPU, .* its 4 networks would take about [\d.]+ days in 4"
    assert re.search(message, refused.answer)
    assert list(refused.tables) == ["published_points"]
    monkeypatch.setattr(store, "get", lambda cells: {cell.key: made_up(cell) for cell in cells})
    assert experiment.run(context).tables["networks"]  # what is stored is shown anywhere


def test_the_peak_is_the_end_of_the_largest_rise(at_paper_scale):
    tables = at_paper_scale.tables
    marks = by(tables["landmarks"], "labels", "landmark")
    bands = by(tables["bands"], "labels", "curve", "capacity")
    errors = [noisy_test_error(k) for k in range(1, 65)]
    rise, first, peak = max(
        (errors[j] - errors[i], i + 1, j + 1) for i in range(64) for j in range(i, 64)
    )
    assert marks["noisy", "first minimum"]["capacity"] == first
    assert marks["noisy", "peak"]["capacity"] == peak
    row = marks["noisy", "peak above the first minimum"]
    assert row["mean"] == pytest.approx(rise, abs=1e-4)
    assert 0 < row["low"] < row["mean"] < row["high"]
    assert marks["noisy", "second minimum"]["capacity"] == 64
    assert marks["noisy", "train error falls below 1%"]["capacity"] == pytest.approx(16.8, abs=0.1)
    assert f"at k = {peak}, and falls to" in at_paper_scale.answer
    assert "has no peak beyond chance" in at_paper_scale.answer
    test = bands["clean", "test_error", 64]
    assert test["high"] - test["low"] == pytest.approx(
        2 * 1.96 * np.sqrt(test["mean"] * (1 - test["mean"]) / 10_000), rel=0.01
    )
    assert bands["clean", "train_error", 64]["low"] is None


def test_the_interval_of_a_difference():
    """Newcombe, Statistics in Medicine 17 (1998), table II, example (b), method 10."""
    found = experiment._difference(0.9, 0.3, 10, n_widths=2)
    assert float(found.mean) == pytest.approx(0.6)
    assert (float(found.low), float(found.high)) == pytest.approx((0.1705, 0.8090), abs=1e-4)
    wider = experiment._difference(0.9, 0.3, 10, n_widths=64)
    assert wider.low < found.low


def test_beside_the_published_values(at_paper_scale):
    rows = by(at_paper_scale.published, "name")
    assert len(rows) == 5
    noisy = "20% of the training labels wrong"
    assert rows[f"test error at its peak (%), {noisy}"]["published"] == 62.0
    last = rows["test error at k = 64 (%), right labels"]
    assert (last["published"], last["tolerance"]) == pytest.approx((30.0, 3.0))
    assert last["measured"] == pytest.approx(30.0, abs=0.1)
    assert last["low"] < last["measured"] < last["high"]
    assert rows[f"k of the peak, {noisy}"]["published"] == 11
    assert rows[f"k from which train error is below 1%, {noisy}"]["ok"]


def test_the_figures_hold_the_tables(at_paper_scale):
    found = drawn(at_paper_scale)
    assert list(found) == ["error-noisy", "error-clean"]
    held = [layer["data"]["values"] for layer in found["error-noisy"].spec()["layer"]]
    rows = [row for values in held for row in values]
    shown = {(row["set"], row["capacity"]): row["mean"] for row in rows if "mean" in row}
    assert len(shown) == 128
    for row in at_paper_scale.tables["bands"]:
        if row["labels"] == "noisy" and row["curve"] == "test_error":
            assert shown["test", row["capacity"]] == row["mean"]
    names = [row["name"] for row in rows if "name" in row]
    assert {"classical", "critical", "modern", "train error below 1%"} == set(names)
    diamonds = [row["value"] for row in rows if row.get("key") == "published"]
    assert sorted(diamonds) == [0.0, 0.46, 0.62]


class SomeDiverged(MadeUp):
    """Those of width 3."""

    def run_cells(self, cells):
        nothing = np.full(2, np.nan)
        return [
            CellResult(result.steps, *[nothing] * 4, diverged_at=10, **NO_COUNTS)
            if cell.model.width == 3
            else result
            for cell, result in zip(cells, super().run_cells(cells), strict=True)
        ]


def test_diverged_networks_are_left_out_and_counted(gpu, store):
    result = result_of(SomeDiverged("paper", 0, store))
    assert {row["capacity"] for row in result.tables["networks"]} == set(range(1, 65)) - {3}
    assert any("2 of 128 networks diverged and are left out" in note for note in result.notes)
