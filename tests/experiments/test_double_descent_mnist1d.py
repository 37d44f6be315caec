"""`double-descent-mnist1d`, shrunken: its tables against each other and plain arithmetic."""

import numpy as np
import pytest
from experiments.quick import by, charted, drawn, held, pick, ran, ran_here

from genlab.datasets import LabelNoise, corrupt_labels, make_mnist1d
from genlab.experiments.double_descent_mnist1d import PROTOCOLS, Protocol
from genlab.experiments.double_descent_mnist1d.words import _distance
from genlab.measure import error_interval, loss_interval, peak_test
from genlab.measure.theory import wide_network
from genlab.sweep import CellResult
from genlab.training import Recipe

TINY = Protocol(
    n_seeds={5: 3, 10: 3, 20: 2, 40: 1},
    n_train=400,
    n_test=100,
    recipe=Recipe.adam(0.02, batch_size=None, steps=300, evaluate_every=300),
    infinite_width=True,
)


@pytest.fixture(scope="module")
def result():
    return ran("double-descent-mnist1d", TINY)


def test_the_published_protocol():
    for scale, protocol in PROTOCOLS.items():
        assert protocol.label_noise == LabelNoise(0.15, "redraw")
        published = scale != "quick"
        assert protocol.trains_as(PROTOCOLS["paper"]) == published
        if published:
            assert Recipe.adam(0.005, batch_size=None, steps=4000) == protocol.recipe
            assert (protocol.n_train, protocol.n_test) == (10_000, 5_000)
    default, paper = PROTOCOLS["default"].n_seeds, PROTOCOLS["paper"].n_seeds
    assert all(default[width] == 3 for width in (5, 10, 20, 40, 60, 77, 100))
    assert default[200] == 1
    assert 400 not in default
    quick = PROTOCOLS["quick"]
    assert not quick.infinite_width
    assert PROTOCOLS["default"].infinite_width
    # Before, at and past the peak, with as many seeds as show that it is one.
    assert min(quick.seeds_of("noisy").values()) >= 3
    assert set(quick.seeds_of("noisy")) > {20, 50, 100}
    assert set(quick.seeds_of("clean")) < set(quick.seeds_of("noisy"))
    assert PROTOCOLS["default"].seeds_of("clean") == default
    assert sorted(paper) == list(range(2, 401))
    assert set(paper.values()) == {3}


def test_networks_and_bands(result):
    networks = result.tables["networks"]
    assert len(networks) == 2 * (3 + 3 + 2 + 1)
    for width in (5, 10, 20, 40):
        row = next(row for row in networks if row["capacity"] == width)
        assert row["n_parameters"] == 41 * width + (width + 1) * width + (width + 1) * 10
    bands = by(result.tables["bands"], "labels", "curve", "capacity")
    for (labels, curve, width), band in bands.items():
        values = [
            row[curve] for row in networks if (row["labels"], row["capacity"]) == (labels, width)
        ]
        of = curve.removesuffix("_error")
        interval = (
            loss_interval(values)
            if curve.endswith("loss")
            else error_interval(values, {"train": 400, "test": 100}[of])
        )
        assert band["estimate"] == pytest.approx(float(interval.mean))
        assert band["n_fits"] == len(values)
        if len(values) == 1:
            assert band["low"] is None
        else:
            assert band["low"] == pytest.approx(float(interval.low))
            assert 0 <= band["low"] <= band["estimate"] < band["high"]
    assert {row["label_noise"] for row in networks if row["labels"] == "clean"} == {0.0}
    assert {row["label_noise"] for row in networks if row["labels"] == "noisy"} == {0.15}


def test_published_values_are_compared_in_percent(result):
    bands = by(result.tables["bands"], "labels", "curve", "capacity")
    rows = by(result.published, "name")
    row = rows["test error (%), 15% label noise, hidden width 20"]
    assert row["published"] == 41.7
    assert row["measured"] == pytest.approx(100 * bands["noisy", "test_error", 20]["estimate"])
    assert row["tolerance"] == 3.0
    assert {row["mark"] for row in result.published} == {"not comparable"}
    assert rows["training error (%), 15% label noise, hidden width 40"]["published"] == 25.8
    assert len(rows) == 2 * 3 + 3


def test_landmarks_are_the_extremes_of_the_means(result):
    marks = by(result.tables["landmarks"], "labels", "landmark")
    for labels in ("clean", "noisy"):
        means = {
            row["capacity"]: row["estimate"]
            for row in result.tables["bands"]
            if (row["labels"], row["curve"]) == (labels, "test_error")
        }
        peak = marks[labels, "peak"]
        first = marks[labels, "first_minimum"]
        assert peak["estimate"] == pytest.approx(means[peak["capacity"]])
        assert peak["estimate"] == pytest.approx(
            max(mean for width, mean in means.items() if width >= first["capacity"])
        )
        rise = marks[labels, "rise"]
        assert rise["estimate"] == pytest.approx(peak["estimate"] - first["estimate"])


def test_the_figures_hold_the_tables(result):
    found = drawn(result)
    assert list(found) == ["error-noisy", "error-clean", "loss-noisy", "loss-clean"]
    spec = found["error-clean"].spec()
    held = [layer["data"]["values"] for layer in spec["layer"] if "data" in layer]
    means = [row["estimate"] for row in result.tables["bands"] if row["labels"] == "clean"]
    shown = [row["estimate"] for values in held for row in values if "n_fits" in row]
    assert set(shown) <= set(means)
    assert "1 to 3 seeds, 95% interval" in spec["title"]["subtitle"][1]
    wide = pick(result.tables["infinite_width"], labels="clean", kernel="ntk")
    level = pick(
        (row for values in held for row in values if "name" in row),
        name="infinite width (NTK)",
        estimate=wide["estimate"],
    )
    assert (level["low"], level["high"]) == (wide["low"], wide["high"])
    assert "dashed line" in found["error-clean"].caption
    assert "dashed line" not in found["loss-clean"].caption
    # Not trained as the book's networks, whose errors are no errors of these.
    assert not any("source" in row for values in held for row in values)
    assert "published" not in found["error-noisy"].caption
    assert any("these for 300 steps on 400" in note for note in result.notes)
    # 7² + 52 · 7 + 10 = 423 parameters for 400 examples.
    marked = [layer["encoding"].get("x", {}).get("datum") for layer in spec["layer"]]
    assert 7.0 in marked
    assert any("The dashed line marks width 7," in note for note in result.notes)


def test_infinite_width_by_plain_kernel_regression(result):
    """The same training examples, each seed's noisy labels, and a kernel made at once."""
    data = make_mnist1d(500, 400 / 500)
    kernels = wide_network(data.x_train, depth=2), wide_network(data.x_test, data.x_train, depth=2)
    rows = by(result.tables["infinite_width"], "labels", "kernel")
    assert len(rows) == 4
    for (labels, kernel), row in rows.items():
        train, test = (getattr(one, kernel) for one in kernels)
        fits = [data.y_train]
        if labels == "noisy":
            fits = [corrupt_labels(data.y_train, 0.15, 10, seed=seed)[0] for seed in range(3)]
        wrong = [
            (test @ np.linalg.solve(train, np.eye(10)[y] - 0.1)).argmax(axis=1) != data.y_test
            for y in fits
        ]
        assert row["n_seeds"] == len(fits)
        assert row["estimate"] == pytest.approx(np.mean(wrong))
        assert 0 < row["low"] < row["estimate"] < row["high"] < 1
        networks = [
            one["test_error"]
            for one in result.tables["networks"]
            if (one["labels"], one["capacity"]) == (labels, 40)
        ]
        assert row["capacity"] == 40
        assert row["difference"] == pytest.approx(np.mean(networks) - np.mean(wrong), abs=1e-6)
        assert row["difference_low"] < row["difference"] < row["difference_high"]


@pytest.mark.parametrize(
    ("difference", "told"),
    [
        ((0.02, 0.01, 0.03), "width 40) is 2.0 [1.0, 3.0] points above that."),
        ((-0.02, -0.03, -0.01), "width 40) is 2.0 [1.0, 3.0] points below that."),
        ((0.01, -0.01, 0.03), "that by 1.0 [−1.0, 3.0] points, which could be chance."),
        ((np.nan, np.nan, np.nan), "width 40) diverged."),
    ],
)
def test_the_distance_from_infinite_width_is_told_as_its_interval_says(result, difference, told):
    row = pick(result.tables["infinite_width"], labels="noisy", kernel="ntk")
    names = ("difference", "difference_low", "difference_high")
    made_up = {**row, **dict(zip(names, difference, strict=True))}
    assert _distance(made_up, TINY).endswith(told)


def test_the_answer_and_the_notes(result):
    marks = by(result.tables["landmarks"], "labels", "landmark")
    peak = marks["noisy", "peak"]
    values = {}
    for row in result.tables["networks"]:
        if row["labels"] == "noisy":
            values.setdefault(row["capacity"], []).append(row["test_error"])
    found = peak_test([values[width] for width in sorted(values)]).found
    assert ("to a peak and falls again" in result.answer) == found
    assert ("These seeds do not show a peak" in result.answer) != found
    assert f"{100 * peak['estimate']:.1f}" in result.answer
    assert "A width with one seed has no interval" in result.notes[0]
    assert np.isfinite(marks["noisy", "threshold"]["capacity"] or 0)


PEAK = {10: 0.465, 20: 0.417, 40: 0.434, 77: 0.486, 100: 0.464, 200: 0.404}
FLAT = dict.fromkeys(PEAK, 0.45)
TRAIN = {10: 0.475, 20: 0.385, 40: 0.258, 77: 0.0, 100: 0.0, 200: 0.0}
NO_COUNTS = {
    "kept": 1,
    "test_confusion": np.zeros((1, 1)),
    "test_confidence": np.zeros((3, 1)),
    "test_wrong": np.zeros(0, bool),
}


def made(test, n_seeds, *, diverged=(), unfitted=()):
    """The published protocol at a few widths, with noisy results that are made up.

    `diverged` holds widths at which every network diverged, `unfitted` seeds of networks
    that fit no training set.
    """

    def run_cell(cell):
        width, noisy = cell.model.hidden[0], cell.label_noise is not None
        rng = np.random.default_rng([width, cell.seed, noisy])
        error = (test[width] if noisy else 0.4 - width / 1000) + 0.005 * rng.standard_normal()
        train = TRAIN[width] if cell.seed not in unfitted else max(TRAIN[width], 0.02)
        ends = {"train_loss": train + 0.01 * rng.random(), "test_loss": 3 * error}
        ends |= {"train_error": train, "test_error": error}
        gone = width in diverged
        curves = {name: np.array([0.9, np.nan if gone else end]) for name, end in ends.items()}
        return CellResult(
            np.array([0, 4000]), diverged_at=4000 if gone else -1, **curves, **NO_COUNTS
        )

    return ran_here("double-descent-mnist1d", Protocol(dict.fromkeys(PEAK, n_seeds)), run_cell)


def shaded(result):
    names = {row.get("name") for row in held(charted(result)["error-noisy"].spec())}
    return bool(names & {"classical", "critical", "modern"})


def test_a_peak_beyond_chance_is_claimed():
    result = made(PEAK, 3)
    assert result.answer.startswith("Test error falls with width, rises to a peak and falls again")
    clean = drawn(result)["error-clean"]
    diamonds = [row["value"] for row in held(clean.spec()) if row.get("key") == "published"]
    assert diamonds == pytest.approx([0.445, 0.384, 0.358, 0.329, 0.315, 0.28, 0.255])
    assert "compared with the published values" in drawn(result)["error-noisy"].caption
    assert not any("not those of these networks" in note for note in result.notes)
    assert "With clean labels these seeds show no peak" in result.answer
    assert "falls below 1% between width 40 and width 77." in result.answer
    assert shaded(result)
    assert "These seeds do not show" not in result.answer
    rows = by(result.published, "name")
    fitted = rows["training error (%), 15% label noise, hidden width 100"]
    assert (fitted["mark"], fitted["tolerance"]) == ("agrees", 0.5)
    assert 0 == fitted["low"] < fitted["high"] < 0.5
    assert rows["test error (%), 15% label noise, hidden width 77"]["mark"] == "agrees"


def test_a_peak_that_may_be_chance_is_not_claimed():
    result = made(FLAT, 3)
    assert "peak and falls again" not in result.answer
    assert "These seeds do not show a peak" in result.answer
    assert not shaded(result)
    marks = by(result.published, "name")
    assert marks["test error (%), 15% label noise, hidden width 200"]["mark"] == "differs"


def test_one_seed_per_width_claims_nothing():
    result = made(PEAK, 1)
    assert "With one seed per width, a peak could be due to chance" in result.answer
    assert "peak and falls again" not in result.answer
    assert not shaded(result)
    assert {row["mark"] for row in result.published} == {"uncertain"}
    for figure in charted(result).values():
        assert "peak" not in figure.caption


def test_a_width_at_which_all_networks_diverged():
    result = made(PEAK, 3, diverged=[40])
    band = by(result.tables["bands"], "labels", "curve", "capacity")["noisy", "test_error", 40]
    assert (band["estimate"], band["low"], band["n_fits"]) == (None, None, 0)
    assert "rises to a peak and falls again" in result.answer
    assert "nan" not in result.answer
    rows = by(result.published, "name")
    row = rows["test error (%), clean labels, hidden width 40"]
    assert (row["measured"], row["mark"], row["n"]) == (None, "uncertain", 0)
    drawn(result)


def test_seeds_that_never_fit_are_counted():
    result = made(PEAK, 3, unfitted=[1])
    assert "Training error never falls below 1% for 1 of 3 seeds." in result.answer
    assert any("never falls below 1% for 1 of 3 seeds" in note for note in result.notes)
    marks = by(result.tables["landmarks"], "labels", "landmark")
    assert marks["noisy", "threshold"]["capacity"] is None
    assert marks["noisy", "first_minimum"]["capacity"] == 20
