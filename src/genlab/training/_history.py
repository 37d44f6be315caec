"""The result of training: curves, outcomes on the test set, and the trained modules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import equinox as eqx
import numpy as np
from jaxtyping import Bool, Float, Int

from genlab._base.checks import choice
from genlab._base.words import listed
from genlab.datasets import DataSpec, LabelNoise
from genlab.models import ModelSpec
from genlab.training._recipe import Recipe
from genlab.training._targets import TargetScale

if TYPE_CHECKING:
    import altair
    import pandas

    from genlab.measure import Interval

#: The recorded curves of a history, in the order of its columns.
CURVES = ("train_loss", "test_loss", "train_error", "test_error")
#: Curves that early stopping adds.
VALIDATION_CURVES = ("validation_loss", "validation_error")


def curve_interval(
    curve: str, values: Any, n_train: int, n_test: int, task: str = "classification"
) -> Interval:
    """Interval of the mean over seeds of one of `CURVES`, within what it can be.

    Parameters
    ----------
    curve
        One of `CURVES`: a classification error's interval stays from 0 to 1, that of a loss and
        of a regression's error above 0.
    values
        One row per seed.
    n_train, n_test
        Training and test examples that errors are fractions of.
    task
        "classification" or "regression".
    """
    from genlab.measure import error_interval, loss_interval

    if curve.endswith("loss") or task == "regression":
        return loss_interval(values)
    return error_interval(values, n_train if curve.startswith("train") else n_test)


@dataclass(frozen=True, eq=False)
class History:
    """Loss and error of an ensemble of seeds in the course of training.

    Attributes
    ----------
    seeds
        Seed of each model.
    steps
        Steps after which the curves were recorded.
    train_loss, test_loss
        Mean loss of the recipe (by default cross-entropy in nats, for a regression the squared
        error in the square of the target's unit), shape (seeds, steps).
    train_error, test_error
        Fraction of examples misclassified, from 0 to 1, shape (seeds, steps). For a regression
        the fraction of variance unexplained: the mean squared error divided by the variance of
        the targets of the same set. It is 1 − R², and 1 is as good as predicting the mean of the
        set; NaN where the set has fewer than two different targets.
    diverged_at
        Recorded step at which a model's training loss was first not finite, or −1, shape
        (seeds,). From there on its curves are NaN.
    kept
        Index in `steps` of the weights that are kept: the last, or with early stopping the
        one with the lowest validation loss, shape (seeds,).
    test_confusion
        Number of test examples by class (rows) and predicted class (columns) with the kept
        weights, shape (seeds, classes, classes).
    test_confidence
        Test examples by confidence, the largest softmax probability: for each of 15 equal
        bins from 0 to 1 the number of examples, the sum of their confidences and the number
        classified correctly, shape (seeds, 3, 15).
    test_wrong
        Whether each test example is misclassified with the kept weights, shape (seeds, n_test).
        These three are None for a regression.
    test_predictions
        Prediction of each test example with the kept weights, in the units of the target, shape
        (seeds, n_test), or None for a classification.
    target_scale
        Mean and standard deviation of the targets that were trained on, or None for a
        classification.
    validation_loss, validation_error
        Loss and error on the examples held out for early stopping, shape (seeds, steps), or
        None without early stopping.
    modules
        Trained Equinox module of each seed. It maps one example to its logits, or to its
        standardised prediction, (prediction − mean) / deviation of `target_scale`.
    model, recipe, data, label_noise
        Specs of the run; `label_noise` is None where there was none.
    n_train
        Number of examples that were trained on, of which training error is a fraction.
    """

    seeds: tuple[int, ...]
    steps: Int[np.ndarray, " steps"]
    train_loss: Float[np.ndarray, "seeds steps"]
    test_loss: Float[np.ndarray, "seeds steps"]
    train_error: Float[np.ndarray, "seeds steps"]
    test_error: Float[np.ndarray, "seeds steps"]
    diverged_at: Int[np.ndarray, " seeds"]
    modules: tuple[eqx.Module, ...]
    model: ModelSpec
    recipe: Recipe
    data: DataSpec
    kept: Int[np.ndarray, " seeds"]
    n_train: int
    test_confusion: Float[np.ndarray, "seeds classes classes"] | None = None
    test_confidence: Float[np.ndarray, "seeds 3 bins"] | None = None
    test_wrong: Bool[np.ndarray, "seeds n_test"] | None = None
    label_noise: LabelNoise | None = None
    validation_loss: Float[np.ndarray, "seeds steps"] | None = None
    validation_error: Float[np.ndarray, "seeds steps"] | None = None
    test_predictions: Float[np.ndarray, "seeds n_test"] | None = None
    target_scale: TargetScale | None = None

    @property
    def task(self) -> str:
        """The task: "classification" or "regression"."""
        return "classification" if self.target_scale is None else "regression"

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what a default decided, and on models that keep untrained weights."""
        if self.recipe.early_stopping is None or self.kept.all():
            return self.recipe.notes
        seeds = [seed for seed, kept in zip(self.seeds, self.kept, strict=True) if kept == 0]
        which = (
            "The model keeps"
            if len(self.seeds) == 1
            else f"Seeds {listed(list(map(str, seeds)))} keep"
        )
        return (
            *self.recipe.notes,
            f"{which} the untrained weights of step 0: no later evaluation had a lower validation "
            "loss.",
        )

    def rows(self) -> list[dict[str, Any]]:
        """One row per seed and recorded step, with the column names that all of genlab uses.

        Columns: dataset, model, label_noise (a fraction), seed, step, and each curve. Rows
        after the step at which early stopping ended a seed hold NaN.
        """
        curves = CURVES if self.validation_loss is None else (*CURVES, *VALIDATION_CURVES)
        return [
            {
                "dataset": self.data.name,
                "model": type(self.model).__name__,
                "label_noise": 0.0 if self.label_noise is None else self.label_noise.fraction,
                "seed": seed,
                "step": int(step),
                **{name: float(getattr(self, name)[i, j]) for name in curves},
            }
            for i, seed in enumerate(self.seeds)
            for j, step in enumerate(self.steps)
        ]

    def to_frame(self) -> pandas.DataFrame:
        """The `rows` as a pandas frame."""
        import pandas

        return pandas.DataFrame(self.rows())

    def chart(self, quantity: Literal["error", "loss"] = "error") -> altair.LayerChart:
        """Error or loss against step with a 95% interval over seeds, as an Altair chart.

        For a regression the error is the fraction of variance unexplained.

        Parameters
        ----------
        quantity
            "error", a fraction, or "loss", that of the recipe.

        Raises
        ------
        ValueError
            For another quantity.
        """
        from genlab.charts import bands_chart

        choice("quantity", quantity, ("error", "loss"))
        y_title = None
        if quantity == "loss" and self.recipe.loss != "cross_entropy":
            y_title = f"loss ({self.recipe.loss})"
        elif self.task != "classification":
            y_title = "fraction of variance unexplained"
        rows = []
        by_example = self.test_predictions if self.test_wrong is None else self.test_wrong
        n_test = 0 if by_example is None else by_example.shape[1]
        for curve in CURVES:
            values = getattr(self, curve)
            interval = curve_interval(curve, values, self.n_train, n_test, self.task)
            rows += [
                {"curve": curve, "step": int(step), **interval.row(index=i)}
                for i, step in enumerate(self.steps)
            ]
        n = len(self.seeds)
        return bands_chart(
            rows,
            quantity,
            title=f"{self.data.name}: training and test {quantity} against training step",
            subtitle="one seed, so no interval" if n == 1 else f"mean of {n} seeds, 95% interval",
            y_title=y_title,
        )

    def _repr_html_(self) -> str:
        frame = self.to_frame()
        last = frame[frame["step"] == frame["step"].max()]
        table = str(last.drop(columns=["step"]).to_html(index=False))
        return table + "".join(f"<p>{note}</p>" for note in self.notes)

    def __repr__(self) -> str:
        head = (
            f"{self.model} on {self.data.name}: {len(self.seeds)} seeds, {self.recipe.steps} steps"
        )
        return f"History({'; '.join([head, *(note.rstrip('.') for note in self.notes)])})"
