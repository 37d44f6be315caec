"""The questions that a page may ask, and what answers each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genlab.sweep import StoreLike


def questions(store: StoreLike) -> dict[str, Callable[[Any], Any]]:
    """Name of a question -> the function that answers it; its libraries are loaded by then."""
    trainers: list[Any] = []

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
        from genlab.explorer._results import width_curves

        return {"families": width_curves(store)}

    def openings(_given: Any) -> Any:
        from genlab.explorer._results import stored_openings

        return stored_openings(store)

    def trainer() -> Any:
        from genlab.explorer._mnist1d import Trainer

        if not trainers:
            trainers.append(Trainer())
        return trainers[0]

    def mnist1d(given: Any) -> Any:
        from genlab.explorer._mnist1d import Signal, drawn_signal, read, stages

        found = stages(read(Signal, given))
        if given.get("drawn") is not None:
            found["standardise"] = drawn_signal(given["drawn"], len(found["standardise"]))
        return {"stages": found, "probabilities": trainer().probabilities(found["standardise"])}

    def train(given: Any) -> Any:
        from genlab.explorer._mnist1d import Plan, read

        return trainer().start(read(Plan, given))

    def progress(_given: Any) -> Any:
        return trainer().progress()

    asked = (parts, runs, curves, widths, openings, mnist1d, train, progress)
    return {one.__name__: one for one in asked}


def _field(given: Any, name: str) -> Any:
    if not isinstance(given, dict) or name not in given:
        raise ValueError(f"a question must hold `{name}`.")
    return given[name]
