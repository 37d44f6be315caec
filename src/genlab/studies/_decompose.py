"""What the expected loss of a model consists of: noise, bias and variance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

from genlab._base import streams
from genlab._base.checks import integer
from genlab.datasets import Dataset, DataSpec, LabelNoise, ToyRegression
from genlab.models import HingeRegression
from genlab.studies._fits import run_fits
from genlab.studies._loss_decomposition import LossDecomposition
from genlab.studies._loss_fits import checked_loss, planned_fits
from genlab.studies._samples import samples_of
from genlab.studies._toy_decomposition import Decomposition, decompose_in_closed_form
from genlab.sweep import Jobs, StoreLike, SweepProgress
from genlab.training import Recipe


@overload
def decompose(
    model: HingeRegression,
    problem: ToyRegression,
    n_datasets: int = 200,
    *,
    inputs: Any = None,
    seed: int = 0,
) -> Decomposition: ...


@overload
def decompose(
    model: Any,
    problem: Dataset | DataSpec | ToyRegression,
    n_datasets: int = 200,
    *,
    loss: str | None = None,
    sampling: str | None = None,
    rows: str | None = None,
    fraction: float | None = None,
    recipe: Recipe | None = None,
    label_noise: LabelNoise | float = 0.0,
    inputs: Any = None,
    seed: int = 0,
    store: StoreLike = None,
    jobs: Jobs = None,
    fresh: bool = False,
    progress: Callable[[SweepProgress], None] | None = None,
) -> LossDecomposition: ...


def decompose(
    model: Any,
    problem: Any,
    n_datasets: int = 200,
    *,
    loss: str | None = None,
    sampling: str | None = None,
    rows: str | None = None,
    fraction: float | None = None,
    recipe: Recipe | None = None,
    label_noise: LabelNoise | float = 0.0,
    inputs: Any = None,
    seed: int = 0,
    store: StoreLike = None,
    jobs: Jobs = None,
    fresh: bool = False,
    progress: Callable[[SweepProgress], None] | None = None,
) -> Decomposition | LossDecomposition:
    """Measure the noise, bias and variance of a model.

    The model is fitted to many data sets. What all fits get wrong is noise or bias; what differs
    between fits is variance. The parts add up to the mean loss, at each row and on average, each
    with a 95% interval over data sets. Finished fits are kept in the store: a call that was
    stopped continues where it stopped, and a second one fits nothing.

    Parameters
    ----------
    model
        An estimator with `fit` and `predict`, such as scikit-learn's, or a genlab model. A
        `HingeRegression` on a toy regression is computed in closed form.
    problem
        A `Dataset`, such as a table of `genlab.datasets.load_table`; or a problem with a known
        true function, made by `genlab.datasets.make_toy_regression`.
    n_datasets
        Number of data sets, at least 2, for a `HingeRegression` at least 20.
    loss
        For a regression "squared" (the default) or "absolute" error. For a classification
        "zero_one" (the default, after Domingos), "kohavi_wolpert" (0–1 loss by the shares of the
        votes), "cross_entropy" or "brier".
    sampling
        "bootstrap", the default of a `Dataset`: as many training examples as there are, drawn
        with replacement. "subsamples": `fraction` of them without replacement. "disjoint":
        `n_datasets` parts without a common example. With groups, whole groups are drawn. "fresh":
        other seeds of the generator of the data set, which must have an argument `seed`; the
        default of a toy regression. The result's `notes` say what each can tell.
    rows
        "test": all fits predict the test examples; the default where there are any.
        "out_of_bag": each fit predicts the training examples that its sample does not contain.
    fraction
        Fraction of the training examples in a subsample, above 0 and below 1; None takes a half.
    recipe
        How a genlab model is trained; None for an estimator.
    label_noise
        Fraction of the training labels that are resampled, from 0 to 1, or a `LabelNoise`; for
        networks alone. Each fit has other noisy labels. Those of the rows that are predicted stay
        as they are.
    inputs
        Inputs of a toy regression at which predictions are compared with the true function, shape
        (m,). None takes the middles of 100 equal cells of [0, 1].
    seed
        Seed of the data sets, from 0 to 2³² − 1. Each fit has a seed of its own derived from it,
        which is the value of every `random_state` that is None: variance is also that of the
        fit's own random choices.
    store
        Where results are kept: a Store, a database's URL or a SQLite file's path; None opens
        the default one. A `HingeRegression` needs none.
    jobs, fresh, progress
        Number of worker processes, or an executor or `distributed.Client` in their place; whether
        stored fits are computed again; a function that receives the progress: see
        `genlab.sweep.run_cells`.

    Returns
    -------
    LossDecomposition
        For a `HingeRegression` a `Decomposition`.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.
    FailedFitsError
        Where fewer than two fits succeeded. Where some failed, one `FailedFitsWarning` counts
        them, and they are left out.
    DivergedError
        Where the training of every network diverged.

    Notes
    -----
    The parts are those of `genlab.measure`: `squared_loss_parts`, `absolute_error_parts`,
    `zero_one_parts`, `kohavi_wolpert_parts`, `cross_entropy_parts` and `brier_parts`.

    References
    ----------
    S. Prince, "Understanding Deep Learning" (2023), section 8.2 and equation 8.7.

    >>> import genlab
    >>> problem = genlab.datasets.make_toy_regression(n=15, noise=0.3)
    >>> parts = genlab.decompose(genlab.models.HingeRegression(3), problem, n_datasets=500)
    >>> total = parts.average.noise.mean + parts.average.bias_squared.mean
    >>> bool(abs(total + parts.average.variance.mean - parts.average.error.mean) < 1e-12)
    True
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> data = genlab.datasets.make_mnist1d(n_samples=200)
    >>> with genlab.sweep.Store("sqlite://") as store:
    ...     parts = genlab.decompose(DecisionTreeClassifier(), data, 20, store=store)
    >>> list(parts.average.terms), parts.average.n_rows
    (['bias_and_noise', 'variance'], 40)
    """
    if isinstance(model, HingeRegression):
        given: dict[str, Any] = {"loss": loss, "sampling": sampling}
        given |= {"rows": rows, "fraction": fraction, "recipe": recipe}
        given |= {"label_noise": LabelNoise.of(label_noise)}
        for name, value in given.items():
            if value not in (None, {"loss": "squared", "sampling": "fresh"}.get(name)):
                raise ValueError(
                    f"`{name}` must be None for a HingeRegression (the estimator HingeRegressor "
                    f"takes any), got {value!r}."
                )
        return decompose_in_closed_form(model, problem, n_datasets, inputs=inputs, seed=seed)
    seed = integer("seed", seed, low=0, high=streams.MAX_SEED)
    samples = samples_of(
        problem,
        n_datasets,
        sampling=sampling,
        rows=rows,
        fraction=fraction,
        inputs=inputs,
        seed=seed,
    )
    fits = planned_fits(
        model,
        samples,
        [checked_loss("loss", loss, samples.data.task)],
        recipe,
        LabelNoise.of(label_noise),
        seed,
    )
    results = run_fits(fits.cells, store, jobs=jobs, fresh=fresh, progress=progress)
    (found,) = fits.decomposed(results).values()
    return found
