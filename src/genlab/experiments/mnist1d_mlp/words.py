"""The sentences of `mnist1d-mlp`."""

from __future__ import annotations

from collections.abc import Mapping

from genlab._base.words import estimate
from genlab.experiments.mnist1d_mlp.protocol import PUBLISHED, Protocol
from genlab.measure import Interval, agreement

#: Schedule -> quantity -> its mean over seeds, errors in percent.
Measured = Mapping[str, Mapping[str, Interval]]

_INTERVALS = (
    "Intervals: 95%, over seeds (initial weights and batch order). Intervals of errors lie "
    "between 0 and 100%, intervals of losses above 0. The training and test sets are the same for "
    "all seeds."
)
SCHEDULES = {
    "constant": "constant learning rate",
    "halving": "learning rate halved every 10 epochs",
}

_FINAL = {
    "final_test_error": "test error at the end",
    "final_train_error": "training error at the end",
    "final_test_loss": "test loss at the end",
    "final_train_loss": "training loss at the end",
    "lowest_test_loss": "lowest test loss",
    "step_of_lowest_test_loss": "step of the lowest test loss",
}


def unit(quantity: str) -> str:
    """The unit in which a quantity is measured."""
    if quantity.startswith("step"):
        return "step"
    return "nats" if quantity.endswith("loss") else "%"


def published_name(quantity: str, schedule: str) -> str:
    """The name of a quantity among the published values."""
    text = _FINAL.get(quantity) or (
        quantity.replace("train_", "training_").replace("_at_", " at step ").replace("_", " ")
    )
    if unit(quantity) != "step":
        text += f" ({unit(quantity)})"
    return f"{text}, {SCHEDULES[schedule]}"


def answer(measured: Measured, protocol: Protocol, n_train: int) -> str:
    """The finding, then its numbers."""

    def text(schedule: str, quantity: str, digits: int) -> str:
        return estimate(measured[schedule][quantity].row(), digits)

    recipe = protocol.recipes["constant"]
    return (
        f"Training error falls to almost 0, while test error levels off and test loss rises "
        f"again. After {recipe.steps:,} steps ({recipe.epochs(n_train):g} epochs) at a constant "
        f"learning rate, the network misclassifies {text('constant', 'final_train_error', 2)}% of "
        f"the training examples and {text('constant', 'final_test_error', 1)}% of the test "
        f"examples. Test loss is lowest, {text('constant', 'lowest_test_loss', 2)} nats, at step "
        f"{text('constant', 'step_of_lowest_test_loss', 0)}, and rises to "
        f"{text('constant', 'final_test_loss', 2)} by the end. With the "
        f"{SCHEDULES['halving']}, learning stops early: training error stays at "
        f"{text('halving', 'final_train_error', 1)}%. "
        f"Means over {protocol.n_seeds} seeds with 95% "
        f"intervals{_diverged(measured, protocol.n_seeds)}."
    )


def finding(measured: Measured) -> str:
    """The answer in one sentence."""
    error = estimate(measured["constant"]["final_test_error"].row(), 1)
    return f"Training error falls to almost 0, while test error levels off at {error}%."


def notes(measured: Measured) -> list[str]:
    """Over what the intervals are taken, and how the two schedules differ from the book."""

    def text(schedule: str, quantity: str) -> str:
        return estimate(measured[schedule][quantity].row(), 1)

    book, tolerance, _ = PUBLISHED["constant"]["final_test_error"]
    final = measured["constant"]["final_test_error"]
    mark = agreement(float(final.low), float(final.high), book, tolerance)
    verdict = {
        "agrees": "The book's figure 8.2 agrees with a constant learning rate",
        "uncertain": "The book uses a constant learning rate, and these seeds do not show whether "
        "its figure 8.2 agrees",
        "differs": "The book's figure 8.2 differs from a constant learning rate",
    }
    schedules = (
        f"{verdict[mark]}: test error at the end is "
        f"{text('constant', 'final_test_error')}%, in the figure {book:g}%. The code of the book's "
        f"slides halves the learning rate every 10 epochs, with which the network stops learning "
        f"early: training error at the end is {text('halving', 'final_train_error')}%. It is run "
        f"to show this, and is not expected to match."
    )
    lowest, *_ = PUBLISHED["constant"]["lowest_test_loss"]
    interval = measured["constant"]["lowest_test_loss"]
    if interval.high < lowest:
        schedules += (
            f" The lowest test loss, {estimate(interval.row(), 2)} nats, is below the {lowest:g} "
            f"read from the figure; the cause is not known."
        )
    return [_INTERVALS, schedules]


def _diverged(measured: Measured, n_seeds: int) -> str:
    """What to add where a seed is missing from the means."""
    counts = {
        schedule: n_seeds - int(intervals["final_test_error"].n)
        for schedule, intervals in measured.items()
    }
    if not any(counts.values()):
        return ""
    listed = " and ".join(f"{n} with the {SCHEDULES[name]}" for name, n in counts.items())
    return f"; networks that diverged are left out ({listed})"
