"""What the estimators of trained networks share: from rows to a trained model, and back."""

from __future__ import annotations

import abc
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float, Int
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import _check_partial_fit_first_call, check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from genlab._base.checks import boolean
from genlab.datasets import Dataset
from genlab.estimators._rows import (
    Rows,
    Standardiser,
    counted,
    filled,
    in_range,
    merged,
    regression_rows,
    seed_of,
)
from genlab.models import CNN, ModelSpec
from genlab.training import (
    Fitted,
    Recipe,
    SavedModel,
    Seeds,
    TargetScale,
    report_divergence,
    report_untrained,
    train_arrays,
)


class Network(BaseEstimator, abc.ABC):
    """A network that is trained by a `Recipe`, of which each field is a parameter."""

    #: Whether a row is a sequence, whose positions are standardised by one mean and deviation.
    _sequences: ClassVar[bool] = False

    model_: SavedModel
    n_iter_: int
    loss_steps_: Int[np.ndarray, " evaluations"]
    loss_curve_: Float[np.ndarray, " evaluations"]

    @abc.abstractmethod
    def _spec(self) -> ModelSpec:
        """The model by the parameters of the estimator."""

    def _recipe(self) -> Recipe:
        return Recipe(
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            steps=self.steps,
            batch_size=self.batch_size,
            momentum=self.momentum,
            schedule=self.schedule,
            loss=self.loss,
            evaluate_every=self.evaluate_every,
            weight_decay=self.weight_decay,
            clip_norm=self.clip_norm,
            early_stopping=self.early_stopping,
        )

    def _train(self, rows: Rows, of_classes: Any = None, *, again: bool) -> None:
        """Train on rows, from the weights of the last training where it is done `again`.

        `of_classes` holds the weight of each class, or None for a regression.
        """
        spec, recipe = self._spec(), self._recipe()
        if again and spec != self.model_.model:
            raise ValueError(
                f"`partial_fit` must go on with the network of the last training, "
                f"{self.model_.model}, got parameters of {spec}."
            )
        # Batches, and rows held out, are drawn from the rows as they are.
        whole = recipe.batch_size is None and recipe.early_stopping is None
        rows = merged(rows) if whole else counted(rows)
        if of_classes is not None:
            rows = counted(rows._replace(weight=rows.weight * of_classes[rows.y]))
        if not again:
            standardize = boolean("standardize", self.standardize)
            self._standardiser = (
                Standardiser(rows, together=self._sequences) if standardize else None
            )
        scale = None
        if of_classes is None:
            scale = self.model_.target_scale if again else _target_scale(rows)
        x, y, weight = filled(rows) if whole else rows
        x = self._inputs(x, spec)
        data = Dataset(
            x,
            y,
            x[:0],
            y[:0],
            n_classes=None if of_classes is None else len(of_classes),  # type: ignore[arg-type]
            task="regression" if of_classes is None else "classification",
            sample_weight=weight,
        )
        seed = seed_of(self.random_state)
        starts = (self.model_.module,) if again else None
        fitted = train_arrays(
            spec, data, recipe, (Seeds.all(seed),), starts=starts, target_scale=scale
        )
        report_divergence(fitted.diverged_at)
        report_untrained(recipe, fitted.kept)
        self.model_ = SavedModel.of_data(
            data, spec, fitted.modules[0], recipe, seed, target_scale=fitted.target_scale
        )
        self._record(recipe, fitted, again=again)

    def _record(self, recipe: Recipe, fitted: Fitted, *, again: bool) -> None:
        """Note the steps that were made and the losses on the way, after those of before."""
        steps, losses = np.array(recipe.evaluation_steps()), fitted.curves["train_loss"][0]
        n_before, steps_before, losses_before = 0, steps[:0], losses[:0]
        if again:
            n_before, steps_before, losses_before = (
                self.n_iter_,
                self.loss_steps_,
                self.loss_curve_,
            )
        seen = np.isfinite(losses)
        self.loss_steps_ = np.concatenate([steps_before, n_before + steps[seen]])
        self.loss_curve_ = np.concatenate([losses_before, losses[seen]])
        self.n_iter_ = n_before + int(steps[fitted.kept[0]])

    def _inputs(
        self, x: Float[np.ndarray, "n features"], spec: ModelSpec
    ) -> Float[np.ndarray, "n positions"]:
        """Inputs as the network takes them: standardised, and long enough for its kernels."""
        if self._standardiser is not None:
            x = self._standardiser(x)
        if isinstance(spec, CNN) and x.shape[1] < spec.shortest_side:
            x = np.pad(x, ((0, 0), (0, spec.shortest_side - x.shape[1])))
        return x

    def _logits(self, X: Any) -> Float[np.ndarray, "n outputs"]:  # noqa: N803
        check_is_fitted(self, "model_")
        x = validate_data(self, X, dtype=np.float64, reset=False)
        return self.model_.logits(self._inputs(x, self.model_.model))


class NetworkClassifier(ClassifierMixin, Network):
    """A network that classifies."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NetworkClassifier:  # noqa: N803
        """Train the network from fresh weights.

        Parameters
        ----------
        X
            Inputs, shape (n, features): an array or a data frame of finite numbers.
        y
            Label of each row, of any type, shape (n,).
        sample_weight
            Weight of each row in the training loss, at least 0, or None for 1 each.

        Raises
        ------
        DivergedError
            Where training diverged.
        TypeError, ValueError
            Naming the parameter, the rule and the value received.
        """
        x, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        return self._learn(x, y, sample_weight, again=False)

    def partial_fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        classes: Any = None,
        sample_weight: Any = None,
    ) -> NetworkClassifier:
        """Train `steps` further steps on these rows, from the weights of the last training.

        The inputs are standardised as in the first training. The optimiser starts anew.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.
        classes
            All labels that may come, needed where nothing was fitted before.

        Raises
        ------
        DivergedError, TypeError, ValueError
            As in `fit`, and where `class_weight` is "balanced", which needs all rows at once.
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "`class_weight` must be None or a dict for `partial_fit`, got 'balanced', which "
                "needs all rows at once."
            )
        again = hasattr(self, "model_")
        x, y = validate_data(self, X, y, dtype=np.float64, reset=not again)
        check_classification_targets(y)
        if not again and hasattr(self, "classes_"):
            del self.classes_  # of a training that failed
        _check_partial_fit_first_call(self, classes)
        if len(unknown := np.setdiff1d(y, self.classes_)):
            raise ValueError(
                f"`y` must hold labels among {self.classes_.tolist()!r}, got "
                f"{unknown.tolist()[0]!r}."
            )
        return self._learn(x, y, sample_weight, again=again)

    def _learn(
        self, x: Float[np.ndarray, "n features"], y: Any, sample_weight: Any, *, again: bool
    ) -> NetworkClassifier:
        weight = _check_sample_weight(sample_weight, x, dtype=np.float64, ensure_non_negative=True)
        of_classes = compute_class_weight(
            self.class_weight, classes=self.classes_, y=y, sample_weight=weight
        )
        rows = Rows(in_range("X", x), np.searchsorted(self.classes_, y), weight)
        self._train(rows, of_classes, again=again)
        return self

    def predict_proba(self, X: Any) -> Float[np.ndarray, "n classes"]:  # noqa: N803
        """The probability of each of `classes_` for each row of `X`, shape (n, classes)."""
        logits = self._logits(X)
        return self.model_.probabilities_of(logits)

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """The most probable label for each row of `X`."""
        logits = self._logits(X)
        return self.classes_[self.model_.predictions_of(logits)]


class NetworkRegressor(RegressorMixin, Network):
    """A network that predicts a number."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NetworkRegressor:  # noqa: N803
        """Train the network from fresh weights.

        Parameters
        ----------
        X
            Inputs, shape (n, features): an array or a data frame of finite numbers.
        y
            Target of each row, a finite number, shape (n,).
        sample_weight
            Weight of each row in the training loss, at least 0, or None for 1 each.

        Raises
        ------
        DivergedError
            Where training diverged.
        TypeError, ValueError
            Naming the parameter, the rule and the value received.
        """
        return self._learn(X, y, sample_weight, again=False)

    def partial_fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any = None,
    ) -> NetworkRegressor:
        """Train `steps` further steps on these rows, from the weights of the last training.

        Inputs and targets are standardised as in the first training. The optimiser starts anew.
        Parameters and errors are those of `fit`.
        """
        return self._learn(X, y, sample_weight, again=hasattr(self, "model_"))

    def _learn(self, X: Any, y: Any, sample_weight: Any, *, again: bool) -> NetworkRegressor:  # noqa: N803
        rows = regression_rows(self, X, y, sample_weight, reset=not again)
        self._train(rows, again=again)
        return self

    def predict(self, X: Any) -> Float[np.ndarray, " n"]:  # noqa: N803
        """The predicted number for each row of `X`, in the unit of the targets."""
        logits = self._logits(X)
        return self.model_.predictions_of(logits)


def _target_scale(rows: Rows) -> TargetScale:
    """Mean and deviation of the targets; equal ones have the deviation 1, as constant inputs."""
    if np.ptp(rows.y) ** 2 == 0:
        return TargetScale(float(rows.y[0]), 1.0)
    return TargetScale.of(rows.y, rows.weight)
