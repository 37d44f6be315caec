"""Learning curves as power laws: test error against training examples, with or without floor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from genlab._base.arrays import floats
from genlab._base.checks import boolean
from genlab._base.words import received
from genlab.measure._intervals import Interval, checked_confidence, jackknife_interval

# Exponents from which the fits with a floor start; the best end is kept.
_STARTS = (-0.5, 0.5, 1.5, 4.0)
_MOST_STEPS = 200


class _Curves(NamedTuple):
    """Curves A (1 + s (z^−b − 1)/b) with z = n/n₀: the power law about a middle size n₀.

    A is the error at n₀ and −s the slope there on logarithms. This is a n^−b + c with
    c = A (1 − s/b): without floor where s = b, with one above 0 where b > s > 0. It passes
    smoothly through c = 0 and b = 0, and a fit of it is well conditioned.
    """

    log_level: Float[np.ndarray, ...]
    slope: Float[np.ndarray, ...]
    exponent: Float[np.ndarray, ...]
    middle: float

    @property
    def share(self) -> Float[np.ndarray, ...]:
        """Fraction of A that is not the floor."""
        pure = (self.slope == self.exponent) | (self.exponent == 0)
        return np.where(pure, 1.0, self.slope / np.where(pure, 1.0, self.exponent))

    @property
    def log_scale(self) -> Float[np.ndarray, ...]:
        """Log a; NaN where a is not above 0."""
        share = np.where(self.share > 0, self.share, np.nan)
        return self.log_level + np.log(share) + self.exponent * self.middle

    @property
    def floor(self) -> Float[np.ndarray, ...]:
        return np.exp(self.log_level) * (1 - self.share)

    def at(self, n: Float[np.ndarray, " m"]) -> Float[np.ndarray, "... m"]:
        growth, _ = _growth(np.log(n) - self.middle, self.exponent)
        return np.exp(self.log_level)[..., None] * (1 + self.slope[..., None] * growth)

    def part(self, rows: int | slice) -> _Curves:
        return _Curves(self.log_level[rows], self.slope[rows], self.exponent[rows], self.middle)


class _Fit(NamedTuple):
    """The estimated curve, the best one, and the best one without each seed."""

    estimate: _Curves
    best: _Curves
    left_out: _Curves
    seeds: int
    confidence: float

    def interval(self, of: Callable[[_Curves], Float[np.ndarray, ...]]) -> Interval:
        """A quantity of the estimated curve, with the ends of the jackknife's interval."""
        # A curve that no exponent fits, extrapolated, may be more than a float holds.
        with np.errstate(over="ignore", invalid="ignore"):
            mean = of(self.estimate)
            n = np.full(mean.shape, self.seeds)
            if self.seeds < 2:
                return Interval(mean, np.full(mean.shape, np.nan), np.full(mean.shape, np.nan), n)
            ends = jackknife_interval(of(self.best), of(self.left_out), self.confidence)
            return Interval(mean, ends.low, ends.high, n)


@dataclass(frozen=True, eq=False)
class PowerLaw:
    """Error = a n^−b + c, fitted to the mean over seeds at each number of examples.

    The intervals are over seeds: they include the chance of initial weights, batch order and
    whatever else a seed drives, but not that of test examples which all seeds share.

    Attributes
    ----------
    scale
        Scale a, in the unit of the values: the falling part of the error with one example.
        Its interval is taken on the logarithm; NaN where a fit without one seed has no a > 0.
    exponent
        Exponent b: each doubling of the examples multiplies the falling part by 2^−b.
    floor
        Floor c, in the unit of the values, at least 0. In a fit without a floor, it and its
        ends are 0. Where the best c is below 0, the power law without floor is the estimate,
        and the ends of all intervals are still those of the best fit: an interval of c
        entirely below 0 says that the error falls faster than any power law.
    n
        Numbers of training examples, shape (k,).
    residuals
        log(mean error) minus log(fit) at each of them, in units of its standard error over
        seeds, shape (k,); NaN where the seeds do not differ. Where the law holds, each is
        distributed about as Student's t with seeds − 1 degrees of freedom, and a little
        narrower because parameters were fitted.
    """

    scale: Interval
    exponent: Interval
    floor: Interval
    n: Float[np.ndarray, " k"]
    residuals: Float[np.ndarray, " k"]
    _fit: _Fit = field(repr=False)

    def predict(self, n: Any) -> Interval:
        """The fitted error at numbers of examples, and its interval over seeds.

        It is the interval of the curve and assumes that the law holds at these numbers. Its
        ends are not cut, and may lie below 0.

        Parameters
        ----------
        n
            Numbers of training examples, above 0, shape (m,).
        """
        sizes = floats("n", n)
        if sizes.ndim != 1 or not (np.isfinite(sizes).all() and (sizes > 0).all()):
            raise ValueError(f"`n` must be numbers > 0, of shape (m,), got {received(n)}.")
        return self._fit.interval(lambda curves: curves.at(sizes))

    def examples_for(self, error: Any) -> Float[np.ndarray, ...]:
        """Training examples at which the fitted error falls to `error`, elementwise.

        Infinite for errors at or below the floor, and where the fitted error does not fall.

        Parameters
        ----------
        error
            Errors, above 0, in the unit of the values.
        """
        wanted = floats("error", error)
        if not (np.isfinite(wanted).all() and (wanted > 0).all()):
            raise ValueError(f"`error` must be numbers > 0, got {received(error)}.")
        curve = self._fit.estimate
        above = wanted - curve.floor
        if curve.exponent <= 0:
            return np.full(wanted.shape, np.inf)
        log_above = np.log(np.where(above > 0, above, np.nan))
        log_n = (curve.log_scale - log_above) / curve.exponent
        with np.errstate(over="ignore"):  # more examples than a float holds
            return np.where(above > 0, np.exp(log_n), np.inf)


def fit_power_law(
    n: Any,
    values: Any,
    *,
    floor: bool = False,
    weights: Any = None,
    confidence: float = 0.95,
) -> PowerLaw:
    """Fit a n^−b, or a n^−b + c with c >= 0, to the test errors of several seeds.

    Learning curves of many tasks follow the first over a range of n (Hestness et al., "Deep
    Learning Scaling is Predictable, Empirically", 2017); the second levels off at an error
    that more data do not remove (Rosenfeld et al., "A Constructive Prediction of the
    Generalization Error Across Scales", ICLR 2020).

    The fit is least squares on the logarithm of the mean error over seeds: there a power law
    is a straight line, and large and small errors count alike. Weights are equal unless given.
    The scatter of an error over seeds is roughly proportional to the error, and weights
    estimated from five seeds are worse than equal ones (in simulations b scattered 7 to 19%
    more, unless the relative scatter itself varied threefold over n).

    The intervals are Student's, from the fits that leave out one seed each (the jackknife). In
    these fits c may be below 0 and b may have any value, since estimates at a limit hardly
    vary and give too narrow an interval. In simulations of 5 seeds they covered b in 94 to 97%
    of cases for a stated 95%. The bootstrap over 5 seeds covered it in 76 to 83%, and Student's
    interval of the exponents fitted to each seed in 89 to 97%, both with c at least 0.

    Parameters
    ----------
    n
        Numbers of training examples, increasing, shape (k,): at least 3, and at least 4
        with a floor.
    values
        Test errors or losses above 0, shape (seeds, k). A seed with a NaN or infinite value
        has diverged: it is left out at every n and lowers the `n` of the intervals.
    floor
        Whether the floor c is fitted.
    weights
        Weights of the squared logarithmic residuals, above 0, shape (k,), such as known
        inverse variances of log errors; None for equal weights.
    confidence
        Coverage of the intervals, between 0 and 1.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> sizes = np.array([100, 200, 400, 800])
    >>> law = fit_power_law(sizes, [3 * sizes**-0.5, 2.9 * sizes**-0.5])
    >>> law.exponent.mean.round(6), law.scale.mean.round(6), law.examples_for(0.05).round()
    (np.float64(0.5), np.float64(2.95), np.float64(3481.0))
    """
    confidence = checked_confidence(confidence)
    sizes, errors, weight = _checked(n, values, weights, floor)
    seeds, mean = len(errors), errors.mean(axis=0)
    rest = mean[None] if seeds < 2 else (errors.sum(axis=0) - errors) / (seeds - 1)
    log_n, log_mean = np.log(sizes), np.log(np.concatenate([mean[None], rest]))
    curves = _fitted(log_n, log_mean, weight, floor)
    estimate = best = curves.part(0)
    if floor and not best.exponent >= best.slope > 0:
        estimate = _fitted(log_n, log_mean[:1], weight, False).part(0)
    fit = _Fit(estimate, best, curves.part(slice(1, None)), seeds, confidence)
    residuals = np.full(len(sizes), np.nan)
    if seeds > 1:
        error = errors.std(axis=0, ddof=1) / mean / np.sqrt(seeds)
        np.divide(log_mean[0] - np.log(estimate.at(sizes)), error, out=residuals, where=error > 0)
    log_scale = fit.interval(lambda curves: curves.log_scale)
    with np.errstate(over="ignore"):
        low, scale, high = (np.exp(end) for end in (log_scale.low, log_scale.mean, log_scale.high))
    return PowerLaw(
        scale=Interval(scale, low, high, log_scale.n),
        exponent=fit.interval(lambda curves: curves.exponent),
        floor=fit.interval(lambda curves: curves.floor),
        n=sizes,
        residuals=residuals,
        _fit=fit,
    )


def _fitted(
    log_n: Float[np.ndarray, " k"],
    log_errors: Float[np.ndarray, "curves k"],
    weight: Float[np.ndarray, " k"],
    floor: bool,
) -> _Curves:
    """The best curve of each row; `weight` sums to 1."""
    middle = float((weight * log_n).sum())
    x = log_n - middle
    level = (weight * log_errors).sum(axis=-1)
    slope = -(weight * x * log_errors).sum(axis=-1) / (weight * x**2).sum()
    if not floor:
        return _Curves(level, slope, slope, middle)
    starts = [np.full(slope.shape, start) for start in _STARTS]
    ends = [_descend(x, log_errors, weight, slope / 2, start) for start in starts]
    best = np.argmin([end.loss for end in ends], axis=0)
    slope, exponent, level = (
        np.choose(best, [getattr(end, name) for end in ends])
        for name in ("slope", "exponent", "level")
    )
    return _Curves(level, slope, exponent, middle)


class _State(NamedTuple):
    """Curves, with residuals and derivatives less their weighted means: A is profiled out."""

    slope: Float[np.ndarray, " curves"]
    exponent: Float[np.ndarray, " curves"]
    level: Float[np.ndarray, " curves"]
    loss: Float[np.ndarray, " curves"]
    residuals: Float[np.ndarray, "curves k"]
    by_slope: Float[np.ndarray, "curves k"]
    by_exponent: Float[np.ndarray, "curves k"]


def _descend(
    x: Float[np.ndarray, " k"],
    log_errors: Float[np.ndarray, "curves k"],
    weight: Float[np.ndarray, " k"],
    slope: Float[np.ndarray, " curves"],
    exponent: Float[np.ndarray, " curves"],
) -> _State:
    """Levenberg and Marquardt's descent in slope and exponent, of all curves at once."""
    state = _state(x, log_errors, weight, slope, exponent)
    damping = np.full(slope.shape, 1e-3)
    for _ in range(_MOST_STEPS):
        first, second, r = state.by_slope, state.by_exponent, weight * state.residuals
        across = (weight * first * second).sum(axis=-1)
        a = (weight * first**2).sum(axis=-1) * (1 + damping)
        d = (weight * second**2).sum(axis=-1) * (1 + damping)
        u, v = (first * r).sum(axis=-1), (second * r).sum(axis=-1)
        det = a * d - across**2
        det = np.where(det > 0, det, np.inf)
        step, turn = (d * u - across * v) / det, (a * v - across * u) / det
        tried = _state(x, log_errors, weight, state.slope + step, state.exponent + turn)
        better = tried.loss <= state.loss
        state = _State(
            *(
                np.where(better if new.ndim == 1 else better[:, None], new, old)
                for new, old in zip(tried, state, strict=True)
            )
        )
        damping = np.where(better, np.maximum(damping / 5, 1e-12), np.minimum(damping * 5, 1e12))
        moved = np.abs(step) / (1 + np.abs(state.slope)) + np.abs(turn) / (
            1 + np.abs(state.exponent)
        )
        if (moved < 1e-13).all():
            break
    return state


def _state(
    x: Float[np.ndarray, " k"],
    log_errors: Float[np.ndarray, "curves k"],
    weight: Float[np.ndarray, " k"],
    slope: Float[np.ndarray, " curves"],
    exponent: Float[np.ndarray, " curves"],
) -> _State:
    """The loss is infinite where a curve is not above 0 everywhere."""
    growth, by_exponent = _growth(x, exponent)
    curve = 1 + slope[:, None] * growth
    possible = (np.isfinite(curve) & np.isfinite(by_exponent) & (curve > 0)).all(axis=-1)
    curve, growth, by_exponent = (
        np.where(possible[:, None], values, 1.0) for values in (curve, growth, by_exponent)
    )
    residuals = log_errors - np.log(curve)
    level = (weight * residuals).sum(axis=-1)
    residuals, by_slope, by_exponent = (
        values - (weight * values).sum(axis=-1)[:, None]
        for values in (residuals, growth / curve, slope[:, None] * by_exponent / curve)
    )
    loss = np.where(possible, (weight * residuals**2).sum(axis=-1), np.inf)
    return _State(slope, exponent, level, loss, residuals, by_slope, by_exponent)


def _growth(
    x: Float[np.ndarray, " k"], exponent: Float[np.ndarray, ...]
) -> tuple[Float[np.ndarray, "... k"], Float[np.ndarray, "... k"]]:
    """(e^(−bx) − 1)/b, which tends to −x as b to 0, and its derivative by b."""
    b = exponent[..., None]
    bx = b * x
    near = np.abs(bx) < 1e-4
    divisor = np.where(b == 0, 1.0, b)
    with np.errstate(over="ignore", invalid="ignore"):
        growth = np.where(near, -x * (1 - bx / 2 + bx**2 / 6), np.expm1(-bx) / divisor)
        by_exponent = np.where(
            near, x**2 * (1 / 2 - bx / 3 + bx**2 / 8), (-x * np.exp(-bx) - growth) / divisor
        )
    return growth, by_exponent


def _checked(
    n: Any, values: Any, weights: Any, floor: bool
) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, "seeds k"], Float[np.ndarray, " k"]]:
    """Sizes, the errors of the seeds that did not diverge, and weights with a sum of 1."""
    sizes = floats("n", n)
    fewest = 4 if boolean("floor", floor) else 3
    if sizes.ndim != 1 or len(sizes) < fewest:
        raise ValueError(
            f"`n` must hold at least {fewest} sizes, one more than the parameters, "
            f"got {received(n)}."
        )
    if not (np.isfinite(sizes).all() and sizes[0] > 0 and (np.diff(sizes) > 0).all()):
        raise ValueError(f"`n` must increase from above 0, got {received(n)}.")
    errors = floats("values", values)
    if errors.ndim != 2 or errors.shape[1] != len(sizes):
        raise ValueError(
            f"`values` must have shape (seeds, {len(sizes)}), one column per size, "
            f"got {errors.shape}."
        )
    errors = errors[np.isfinite(errors).all(axis=1)]
    if len(errors) == 0:
        raise ValueError("`values` must hold a seed that did not diverge, got none.")
    if not (errors > 0).all():
        raise ValueError(f"`values` must be above 0, got {errors.min():g}.")
    weight = np.ones(len(sizes)) if weights is None else floats("weights", weights)
    if weight.shape != sizes.shape or not (np.isfinite(weight).all() and (weight > 0).all()):
        raise ValueError(f"`weights` must be {len(sizes)} numbers > 0, got {received(weights)}.")
    return sizes, errors, weight / weight.sum()
