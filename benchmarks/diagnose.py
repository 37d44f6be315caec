"""Whether the advice of a diagnosis is right when it is followed, on data that it never saw.

`run` follows every advice on four tables of scikit-learn: half of each is diagnosed, and the other
half tells what the change did. `rule_of_thumb` constructs cases of MNIST-1D in which more data or
more capacity is known to help, by measuring it with fresh data, and asks for that advice.

    python -m benchmarks.diagnose            # both, with a line for each advice
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from sklearn import datasets as tables
from sklearn.base import clone
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import genlab
from benchmarks._row import row
from genlab.datasets import Dataset, make_mnist1d
from genlab.models import MLP
from genlab.training import Recipe

_SEEDS = range(5)
TABLES = ("diabetes", "breast_cancer", "wine", "digits")
RECIPE = Recipe.adam(0.005, batch_size=None, steps=300)


class Followed(NamedTuple):
    """An advice, what it expected, and what following it did on fresh examples."""

    case: str
    kind: str
    expected: float
    before: float
    after: float
    half: float

    @property
    def right(self) -> bool:
        """Whether the error fell by more than noise."""
        return self.before - self.after > self.half


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table."""
    followed = on_tables()
    helped = [100.0 * (one.after < one.before) for one in followed]
    cases = rule_of_thumb()
    return [
        row("diagnose of the digits with 3 minutes (s)", [_in_time()], most=180.0),
        row(
            "advice on tables that lowered the error of a fresh half (%)", [float(np.mean(helped))]
        ),
        row(
            f"of {len(cases)} cases of MNIST-1D, advice that is known to help (%)",
            [100 * float(np.mean([case.right for case in cases]))],
            least=90.0,
        ),
    ]


def _in_time() -> float:
    x, y = tables.load_digits(return_X_y=True)
    start = time.perf_counter()
    with genlab.sweep.Store("sqlite://") as store:
        genlab.diagnose(RandomForestClassifier(), Dataset(x, y, x[:0], y[:0]), store=store)
    return time.perf_counter() - start


def on_tables(told: Callable[[str], None] = lambda _: None) -> list[Followed]:
    """Each advice on the tables, followed."""
    found = []
    for name in TABLES:
        x, y = getattr(tables, f"load_{name}")(return_X_y=True)
        regression = name == "diabetes"
        order = np.random.default_rng(0).permutation(len(y))
        seen, fresh = np.array_split(order, 2)
        data = Dataset(
            x[seen], y[seen], x[:0], y[:0], task="regression" if regression else "classification"
        )
        for model in _models(regression=regression):
            start = time.perf_counter()
            with genlab.sweep.Store("sqlite://") as store:
                diagnosis = genlab.diagnose(model, data, effort=3, store=store)
            case = f"{name}, {type(model).__name__}"
            told(f"{case}: {time.perf_counter() - start:.0f} s")
            for advice in diagnosis.advice:
                if advice.kind == "temperature":
                    continue
                one = _follow(advice, model, case, (x, y), seen, fresh, regression=regression)
                found.append(one)
                told(f"  {advice.sentence}\n    {_in_words(one)}")
    return found


def _models(*, regression: bool) -> list[Any]:
    if regression:
        return [
            RandomForestRegressor(),
            DecisionTreeRegressor(),
            make_pipeline(StandardScaler(), Ridge(1e4)),
        ]
    return [RandomForestClassifier(), DecisionTreeClassifier(), KNeighborsClassifier(1)]


def _follow(
    advice: Any,
    model: Any,
    case: str,
    table: tuple[Any, Any],
    seen: Any,
    fresh: Any,
    *,
    regression: bool,
) -> Followed:
    """Fit before and after to the half that was seen, over seeds; predict the fresh half."""
    x, y = table
    changed, half_of_fresh = model, len(fresh) // 2
    before_rows = after_rows = seen
    asked = fresh
    if advice.kind == "capacity":
        changed = clone(model).set_params(**advice.settings)
    elif advice.kind == "linear model":
        last = Ridge() if regression else LogisticRegression(max_iter=1000)
        changed = make_pipeline(StandardScaler(), last)
    elif advice.kind == "average":
        kind = BaggingRegressor if regression else BaggingClassifier
        changed = kind(model, n_estimators=10)
    else:  # more data: as many again as there are in half of the fresh ones
        before_rows = seen[:half_of_fresh]
        after_rows = np.concatenate([before_rows, fresh[:half_of_fresh]])
        asked = fresh[half_of_fresh:]
    losses = [
        np.mean([_losses(one, x, y, rows, asked, seed) for seed in _SEEDS], axis=0)
        for one, rows in ((model, before_rows), (changed, after_rows))
    ]
    return _followed(case, advice.kind, advice.gain, *losses)


def _losses(model: Any, x: Any, y: Any, fitted: Any, asked: Any, seed: int) -> Any:
    made = clone(model)
    made.set_params(
        **{n: seed for n in made.get_params() if n.rpartition("__")[2] == "random_state"}
    )
    predicted = made.fit(x[fitted], y[fitted]).predict(x[asked])
    if y.dtype.kind == "f":
        return (predicted - y[asked]) ** 2 / y[asked].var()
    return (predicted != y[asked]) * 1.0


def _followed(case: str, kind: str, expected: float, before: Any, after: Any) -> Followed:
    difference = before - after
    half = 1.96 * float(difference.std(ddof=1)) / len(difference) ** 0.5
    return Followed(case, kind, expected, float(before.mean()), float(after.mean()), half)


def _in_words(one: Followed) -> str:
    before, after, half = 100 * one.before, 100 * one.after, 100 * one.half
    return f"followed: {before:.1f}% → {after:.1f}%, {after - before:+.1f} ± {half:.1f} points"


class Case(NamedTuple):
    """A model and a number of examples, and what is known to help."""

    model: Any
    n: int
    kind: str


CASES = (
    Case(DecisionTreeClassifier(max_leaf_nodes=4), 2000, "capacity"),
    Case(DecisionTreeClassifier(max_leaf_nodes=16), 3000, "capacity"),
    Case(RandomForestClassifier(50, max_leaf_nodes=4), 1000, "capacity"),
    Case(MLP((2, 2)), 1000, "capacity"),
    Case(MLP((4,)), 1000, "capacity"),
    Case(MLP((3, 3)), 2000, "capacity"),
    Case(RandomForestClassifier(50), 500, "more data"),
    Case(RandomForestClassifier(50), 1500, "more data"),
    Case(ExtraTreesClassifier(50), 1000, "more data"),
    Case(DecisionTreeClassifier(), 2000, "more data"),
    Case(MLP((100, 100)), 500, "more data"),
    Case(MLP((100, 100)), 1500, "more data"),
)


def rule_of_thumb(told: Callable[[str], None] = lambda _: None) -> list[Any]:
    """Of each case whether the advice was given, and the error fell when it was followed."""
    pool = make_mnist1d(n_samples=12_000, seed=1)
    x = np.concatenate([pool.x_train, pool.x_test])
    y = np.concatenate([pool.y_train, pool.y_test])
    found = []
    for case in CASES:
        data = Dataset(x[: case.n], y[: case.n], x[:0], y[:0])
        recipe = RECIPE if isinstance(case.model, MLP) else None
        start = time.perf_counter()
        with genlab.sweep.Store("sqlite://") as store:
            diagnosis = genlab.diagnose(case.model, data, recipe, effort=3, store=store)
        name = f"{case.model!r} with {case.n:,}"
        seconds = time.perf_counter() - start
        told(f"{name}: {seconds:.0f} s, {[one.kind for one in diagnosis.advice]}")
        advice = next((one for one in diagnosis.advice if one.kind == case.kind), None)
        error = partial(_errors, x=x, y=y, asked=slice(8_000, None))
        changed = case.model
        if case.kind == "capacity":
            settings = {} if advice is None else dict(advice.settings)
            changed = _with(case.model, settings)
        more = 2 if case.kind == "more data" else 1
        before, after = error(case.model, n=case.n), error(changed, n=more * case.n)
        one = _followed(name, case.kind, 0.0 if advice is None else advice.gain, before, after)
        given = advice is not None
        told(f"  {'' if given else 'NOT '}advised; {_in_words(one)}")
        found.append(one if given else one._replace(after=one.before))
    return found


def _with(model: Any, settings: dict[str, Any]) -> Any:
    if isinstance(model, MLP):
        return MLP((settings["hidden"],) * len(model.hidden)) if settings else model
    return clone(model).set_params(**settings)


def _errors(model: Any, *, n: int, x: Any, y: Any, asked: slice) -> Any:
    """Mean loss over seeds of each of the fresh examples."""
    if not isinstance(model, MLP):
        rows = np.arange(n), np.arange(len(y))[asked]
        return np.mean([_losses(model, x, y, *rows, seed) for seed in _SEEDS], axis=0)
    data = Dataset(x[:n], y[:n], x[asked], y[asked])
    history = genlab.train(model, data, RECIPE, seeds=_SEEDS)
    assert history.test_wrong is not None
    return history.test_wrong.mean(axis=0)


def main() -> None:
    """Print each advice and what following it did."""
    followed = on_tables(print)
    fell = sum(one.after < one.before for one in followed)
    print(f"{fell} of {len(followed)} pieces of advice lowered the error of the fresh half")
    cases = rule_of_thumb(print)
    print(f"{sum(case.right for case in cases)} of {len(cases)} cases right")


if __name__ == "__main__":
    main()
