"""Which rows a model is biased on, and on which its fits disagree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genlab._base.checks import integer
from genlab._base.jsons import Row
from genlab.datasets import Dataset
from genlab.measure import Interval, PureError, mean_interval, pure_error, wilson_interval
from genlab.studies._loss_decomposition import LossDecomposition

_OF_VOTES = ("zero_one", "kohavi_wolpert")
_OF_PROBABILITIES = ("cross_entropy", "brier")


@dataclass(frozen=True, eq=False)
class RowFindings:
    """The rows with the largest bias, and those with the largest variance.

    A row has the columns: `row`, its number from 0 among the training examples or, where the
    decomposition predicts the test set, among those; `truth`, its label or target; `main`, the
    prediction that most fits make (of a regression their mean, with `main_low` and `main_high`);
    `share`, `share_low` and `share_high`, the share of the fits that make it (of classes alone);
    `n`, the number of fits that predict the row; and `bias`, `variance` and `loss`, each with
    `_low` and `_high`, in the unit of the loss. Labels are numbers from 0.

    Attributes
    ----------
    biased
        Rows on which the fits agree, and are wrong: the largest bias first.
    varying
        Rows on which the fits disagree: the largest variance first.
    n_biased, n_varying
        Number of rows whose bias, and whose variance, is surely above 0: those that the lists
        are taken from.
    n_rows
        Number of rows that at least two fits predict.
    pure
        What repeated inputs prove about noise; None where it was not asked for.
    note
        Which part of the bias cannot be separated from noise, in one or two sentences.
    """

    biased: list[Row]
    varying: list[Row]
    n_biased: int
    n_varying: int
    n_rows: int
    pure: PureError | None
    note: str


def row_findings(
    parts: LossDecomposition, data: Dataset | None = None, n_rows: int = 10
) -> RowFindings:
    """The rows that a model is most biased on, and those on which its fits vary most.

    Rows are ordered by the lower end of the interval of their bias or variance, over fits, so
    that a row which few fits predict does not come first by chance. Rows with an end of 0 are
    left out. Each interval is that of its row alone, at 95%. The first of very many rows are
    partly first by chance: fits to other samples would show them a little lower.

    For 0–1 loss the bias of a row is 0 or 1. Rows whose main prediction is surely not the label
    come first that have the highest share of fits, by its lower end; and the rows with the
    lowest share, by its upper end, are those that vary.

    Parameters
    ----------
    parts
        What `genlab.decompose` returned.
    data
        The data set that was decomposed, whose repeated inputs bound the noise; or None.
    n_rows
        The most rows of each list, at least 1.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> from genlab.measure import zero_one_parts
    >>> votes, labels = np.repeat([[0, 1, 0], [0, 1, 1]], 20, axis=0), np.zeros(3, int)
    >>> at_rows, average = zero_one_parts(votes, labels)
    >>> parts = LossDecomposition(
    ...     "Tree", "made", "zero_one", "bootstrap", "out_of_bag", 3.0, 40, 0,
    ...     at_rows, average, votes, np.ones((40, 3), bool), labels, (), (),
    ... )
    >>> found = row_findings(parts)
    >>> [row["row"] for row in found.biased], [row["row"] for row in found.varying]
    ([1], [2])
    """
    n_rows = integer("n_rows", n_rows, low=1)
    bias_name, bias = next(
        (name, part) for name, part in parts.at_rows.terms.items() if name.startswith("bias")
    )
    variance, loss = parts.at_rows.terms["variance"], parts.at_rows.loss
    main, share = _main(parts)
    if share is not None and parts.loss == "zero_one":
        order_bias = np.where(bias.low > 0, share.low, 0.0)
        order_variance = 1 - share.high
        # Fits that all agree leave a share that may be below 1: they do not vary by it.
        order_variance[~(share.mean < 1)] = 0.0
    else:
        order_bias, order_variance = bias.low, variance.low
    n = bias.n

    def described(i: int) -> Row:
        row: Row = {"row": i, "truth": parts.truth[i].item(), "n": int(n[i])}
        if share is None:
            row |= main.row("main", i)
        else:
            row |= {"main": int(main.mean[i])} | share.row("share", i)
        for name, part in (("bias", bias), ("variance", variance), ("loss", loss)):
            row |= part.row(name, i)
        return row

    biased, varying = (_first(order) for order in (order_bias, order_variance))
    pure = None
    if data is not None:
        of_test = parts.rows == "test"
        x, y = (data.x_test, data.y_test) if of_test else (data.x_train, data.y_train)
        pure = pure_error(x, y, parts.loss)
    return RowFindings(
        biased=[described(i) for i in biased[:n_rows].tolist()],
        varying=[described(i) for i in varying[:n_rows].tolist()],
        n_biased=len(biased),
        n_varying=len(varying),
        n_rows=parts.at_rows.n_rows,
        pure=pure,
        note=_note(bias_name, pure),
    )


def _main(parts: LossDecomposition) -> tuple[Interval, Interval | None]:
    """The main prediction of each row, and the share of fits that make it; None for numbers."""
    predicted = parts.predicted
    if parts.loss not in _OF_VOTES + _OF_PROBABILITIES:
        return mean_interval(np.where(predicted, parts.predictions, np.nan)), None
    n = predicted.sum(axis=0)
    predictions = parts.predictions
    if parts.loss in _OF_PROBABILITIES:
        predictions = predictions.argmax(axis=2)
    chosen = np.where(predicted, predictions, 0).astype(np.int64)
    classes = range(int(chosen.max()) + 1)
    main = np.stack([(predicted & (chosen == c)).sum(axis=0) for c in classes]).argmax(axis=0)
    votes = (predicted & (chosen == main)).sum(axis=0)
    return Interval(main, main, main, n), wilson_interval(votes, n)


def _first(order: np.ndarray) -> np.ndarray:
    """Rows whose value is above 0, the largest first, and of equal ones the first."""
    values = np.where(np.isfinite(order), order, 0.0)
    ranked = np.argsort(-values, kind="stable")
    return ranked[values[ranked] > 0]


def _note(bias_name: str, pure: PureError | None) -> str:
    if not bias_name.endswith("_and_noise"):
        return "The true function is known here, so bias contains no noise."
    said = (
        "Where the fits agree on a prediction that differs from the target, the model may be "
        "biased, or the target may be noisy or wrong. With one target for each row, these cases "
        "look the same."
    )
    if pure is None:
        return said
    if not pure.n_repeated:
        return f"{said} No two rows have the same inputs, so these data give no bound on the noise."
    if not pure.n_conflicting:
        return (
            f"{said} {pure.n_repeated:,} rows have the same inputs as another row, and their "
            "targets agree: these rows show no noise."
        )
    return f"{said} {noise_bound(pure)}"


def noise_bound(pure: PureError) -> str:
    """What rows with equal inputs and other targets prove, in a sentence."""
    return (
        f"{pure.n_conflicting:,} of {pure.n_rows:,} rows have the same inputs as a row with a "
        "different target, so no model of these inputs can have a mean loss below "
        f"{pure.lowest:.3g} on these rows."
    )
