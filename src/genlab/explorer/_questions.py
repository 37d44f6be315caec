"""The questions that a page may ask, and what answers each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from genlab.explorer._jobs import Jobs

if TYPE_CHECKING:
    from genlab.sweep import StoreLike


def questions(store: StoreLike) -> dict[str, Callable[[Any], Any]]:
    """Name of a question -> the function that answers it; its libraries are loaded by then."""
    jobs = Jobs()

    def parts(given: Any) -> Any:
        from genlab.explorer._numbers import parts_of
        from genlab.explorer._state import State

        return parts_of(State.from_json(given))

    def runs(_given: Any) -> Any:
        from genlab.explorer._results import stored_runs

        return stored_runs(store)

    def curves(given: Any) -> Any:
        from genlab.explorer._results import stored_curves

        return {"curves": stored_curves(store, _field(given, "ids"))}

    def widths(_given: Any) -> Any:
        from genlab.explorer._results import MOST_SECONDS, width_curves

        return {"families": width_curves(store), "most_seconds": MOST_SECONDS}

    def openings(_given: Any) -> Any:
        from genlab.explorer._results import stored_openings

        return stored_openings(store)

    @_once
    def trainer() -> Any:
        from genlab.explorer._mnist1d import Trainer

        return Trainer(jobs)

    @_once
    def networks() -> Any:
        from genlab.explorer._networks import Networks

        return Networks(store, jobs)

    def mnist1d(given: Any) -> Any:
        from genlab.explorer._mnist1d import Signal, drawn_signal, read, stages

        found = stages(read(Signal, given))
        if given.get("drawn") is not None:
            found["standardise"] = drawn_signal(given["drawn"], len(found["standardise"]))
        return {"stages": found, "probabilities": trainer().probabilities(found["standardise"])}

    def train(given: Any) -> Any:
        from genlab.explorer._mnist1d import Plan, read

        return trainer().start(read(Plan, given))

    def retrain(given: Any) -> Any:
        return networks().train(given)

    def functions(given: Any) -> Any:
        return networks().functions(given)

    asked = (parts, runs, curves, widths, openings, mnist1d, train, retrain, functions)
    return {
        **{one.__name__: one for one in asked},
        "progress": jobs.progress,
        "stop": jobs.stop,
    }


def _once(make: Callable[[], Any]) -> Callable[[], Any]:
    """What `make` gives, made by the first who asks while the others wait."""
    lock, kept = threading.Lock(), cache(make)

    def get() -> Any:
        with lock:
            return kept()

    return get


def _field(given: Any, name: str) -> Any:
    if not isinstance(given, dict) or name not in given:
        raise ValueError(f"a question must hold `{name}`.")
    return given[name]
