"""The measurements of a diagnosis: one effort after the other, while there is time."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from genlab._base.errors import FailedFitsError, FailedFitsWarning, UnseededWarning
from genlab._base.words import capital
from genlab.datasets import Dataset
from genlab.models import ModelSpec
from genlab.sealing import Opening
from genlab.studies._fits import AnyCell, cells_of, dataset_name, model_name, report_failures
from genlab.studies.diagnosis._advice import Advice, advice
from genlab.studies.diagnosis._axis import Axis
from genlab.studies.diagnosis._believed import Believed, cooled, out_of_fold, probabilities
from genlab.studies.diagnosis._capacity import Capacity, capacity, choosing
from genlab.studies.diagnosis._divided import Losses, Pair, folds_of
from genlab.studies.diagnosis._effort import EFFORTS, Effort, OutOfTime, Work
from genlab.studies.diagnosis._how_well import how_well
from genlab.studies.diagnosis._more_data import MoreData, more_data
from genlab.studies.diagnosis._part import QUESTIONS, Part, skipped
from genlab.studies.diagnosis._tried import (
    N_AVERAGED,
    Candidate,
    Tried,
    averaged_model,
    averaged_networks,
    gives_probabilities,
    linear_model,
    tried,
    trivial_model,
)
from genlab.studies.diagnosis._why import Why, suspects, why
from genlab.training import Recipe

_NO_TIME = "There was not enough time for this question: allow more minutes."


@dataclass
class Asked:
    """What is asked: of which model, on which data."""

    model: Any
    data: Dataset
    recipe: Recipe | None
    axis: Axis | None
    seed: int
    work: Work
    warned: set[str] = field(default_factory=set)  # what was warned of, once for all parts

    def __post_init__(self) -> None:
        self.trivial, self.linear = trivial_model(self.data), linear_model(self.data)
        cell = cells_of(self.model, self.data, self.recipe)(self.data.spec, self.data.n_train, 0)
        self.dataset = dataset_name(cell)
        self.names = {
            "asked": model_name(cell),
            "trivial": "most frequent class" if self.data.task != "regression" else "mean",
            "linear": type(self.linear.steps[-1][1]).__name__,
        }


@dataclass
class Found:
    """What was measured with one effort; None where the time was over."""

    asked: Asked
    effort: Effort
    pairs: list[Pair]
    models: dict[Any, Tried] = field(default_factory=dict)
    more: MoreData | None = None
    capacity: Capacity | None = None
    averaged: list[Losses] | None = None
    why: Why | None = None
    cells: dict[str, list[AnyCell]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    unseeded: str = ""
    complete: bool = False

    @property
    def n_tried(self) -> int:
        """Changes of the model that were tried: the linear one, and these."""
        return 1 + (self.capacity is not None) + (self.averaged is not None)

    def parts(self, test: Opening | None, closed: str) -> tuple[Part, ...]:
        """The parts, in their order."""
        asked = self.asked
        found = {"how well": how_well(self.models, asked.names, test, closed)}
        if self.unseeded:
            part = found["how well"]
            found["how well"] = dataclasses.replace(part, notes=(*part.notes, self.unseeded))
        if self.more is not None:
            found["more data"] = self.more.part
        if self.capacity is not None and asked.axis is not None:
            axis = asked.axis.some(self.effort.n_capacities)
            found["capacity"] = self.capacity.part
            found["choosing"] = choosing(axis, self.capacity, self.models["asked"])
        elif asked.axis is None:
            reason = (
                f"{asked.names['asked']} has no parameter that is known to set its capacity: "
                'name one, such as capacity={"max_depth": [1, 2, 4, 8]} or '
                "--capacity max_depth=1,2,4,8."
            )
            found["capacity"] = skipped("capacity", reason)
            found["choosing"] = skipped("choosing", "Nothing was chosen: no capacity was varied.")
        elif "capacity" in self.failed:
            found["choosing"] = skipped("choosing", "Nothing was chosen: no capacity was measured.")
        if self.why is not None:
            found["why"] = self._with_suspects(self.why.part)
        found["probabilities"] = (
            skipped("probabilities", self.believed)
            if isinstance(self.believed, str)
            else self.believed.part
        )
        return tuple(self._part(name, found.get(name)) for name in QUESTIONS)

    @cached_property
    def held_out(self) -> tuple[Any, Any]:
        """Rows and the probabilities, or numbers, that were predicted where they were held out."""
        return out_of_fold(self.models["asked"], self.pairs, self.asked.recipe)

    @cached_property
    def believed(self) -> Believed | str:
        """The part on probabilities and the test behind it; or why there is none."""
        asked, name = self.asked, self.asked.names["asked"]
        if asked.data.task == "regression":
            return "A regression model gives no probabilities."
        if not gives_probabilities(asked.model, asked.data):
            return f"{name} gives no probabilities (it has no `predict_proba`)."
        rows, stated = self.held_out
        if not np.allclose(stated.sum(axis=1), 1, atol=1e-3):
            return (
                f"What `predict_proba` of {name} returns are not probabilities: their sum over the "
                "classes must be 1."
            )
        return probabilities(rows, stated, asked.data, asked.seed)

    def _with_suspects(self, part: Part) -> Part:
        """The part on bias and variance with the rows whose target looks wrong."""
        data = self.asked.data
        if data.task != "regression" and isinstance(self.believed, str):
            return part
        rows, stated = self.held_out
        if isinstance(self.believed, Believed):
            stated = cooled(stated, self.believed.test)
        words, table = suspects(data, rows, stated)
        return dataclasses.replace(
            part,
            answer=f"{part.answer} {words}".strip(),
            tables={**part.tables, "suspects": table},
        )

    def _part(self, name: str, part: Part | None) -> Part:
        """The part with what failed in it; without one why it was skipped."""
        failed = self.failed.get(name, "")
        if name == "why" and part is not None and "averaged" in self.failed:
            note = f"Average of {N_AVERAGED} fits: {self.failed['averaged']}"
            part = dataclasses.replace(part, notes=(*part.notes, note))
        if part is None:
            return skipped(name, failed or _NO_TIME)
        return dataclasses.replace(part, notes=(*part.notes, failed)) if failed else part

    def advice(self) -> tuple[Advice, ...]:
        """The advice that the measurements support."""
        axis = self.asked.axis
        return advice(
            self.models,
            self.averaged,
            self.more,
            self.capacity,
            "" if axis is None else axis.parameter,
            None if self.why is None else self.why.variance_share,
            None if isinstance(self.believed, str) else self.believed.test,
            self.n_tried,
        )

    def cost_of(self, effort: Effort) -> float:
        """Seconds of computing that another effort would take, by the time of these fits."""
        now, work = self.effort, self.asked.work
        divisions = effort.n_divisions / now.n_divisions
        by_part = {"capacity": divisions * effort.n_capacities / now.n_capacities}
        own = [fit.cell for fit in self.models["asked"].fits]
        return effort.n_samples * work.cost(own) / len(own) + math.fsum(
            work.cost(cells) * by_part.get(part, divisions) for part, cells in self.cells.items()
        )


def highest(asked: Asked, effort: int | None) -> Found:
    """What the effort of that number finds, or the highest that there is time for."""
    if effort is not None:
        return _measured(asked, EFFORTS[effort - 1])
    found = _measured(asked, EFFORTS[0])
    asked.work.patient = False
    for higher in EFFORTS[1:]:
        if not found.complete or not asked.work.affords(found.cost_of(higher)):
            break
        try:
            more = _measured(asked, higher)
        except OutOfTime:
            break
        if not more.complete:
            break
        found = more
    return found


def _measured(asked: Asked, effort: Effort) -> Found:
    """Measure all parts with one effort, the most important first, until the time is over."""
    found = Found(asked, effort, folds_of(asked.data, effort.n_divisions, asked.seed))
    try:
        for name, measure in _STEPS.items():
            with _failures(found, name):
                measure(found)
    except OutOfTime:
        return found
    found.complete = True
    return found


@contextmanager
def _failures(found: Found, name: str) -> Iterator[None]:
    """Keep in words that fits of a part failed; those of the model itself end the diagnosis."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        except (FailedFitsError, ValueError) as error:
            if name == "how well":
                raise
            found.failed[name] = f"This could not be measured: {capital(str(error))}"
    for warning in caught:
        if issubclass(warning.category, FailedFitsWarning):
            found.failed.setdefault(name, capital(str(warning.message)))
            continue
        if issubclass(warning.category, UnseededWarning):
            found.unseeded = str(warning.message)
        if str(warning.message) not in found.asked.warned:
            found.asked.warned.add(str(warning.message))
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )


def _how_well(found: Found) -> None:
    asked = found.asked
    candidates = {
        "asked": Candidate(asked.model, kept=True),
        "trivial": Candidate(asked.trivial),
        "linear": Candidate(asked.linear),
    }
    found.models |= _tried(found, candidates, "how well")
    report_failures(found.models["asked"].results)


def _tried(found: Found, candidates: Mapping[Any, Candidate], part: str) -> dict[Any, Tried]:
    asked = found.asked
    models = tried(candidates, asked.data, found.pairs, asked.recipe, asked.seed, asked.work, part)
    found.cells[part] = [fit.cell for model in models.values() for fit in model.fits]
    return models


def _more_data(found: Found) -> None:
    asked = found.asked
    found.more = more_data(
        asked.model, asked.data, found.pairs, asked.recipe, work=asked.work, seed=asked.seed
    )
    found.cells["more data"] = [fit.cell for fit in found.more.curve.fits]


def _capacity(found: Found) -> None:
    asked = found.asked
    if asked.axis is None:
        return
    axis = asked.axis.some(found.effort.n_capacities)
    candidates = {value: Candidate(axis.made(value)) for value in axis.values}
    models = {"asked": found.models["asked"], **_tried(found, candidates, "capacity")}
    n_tried = 2 + (averaged_model(asked.model, asked.data) is not None)
    found.capacity = capacity(axis, models, n_tried)


def _why(found: Found) -> None:
    asked, n = found.asked, found.effort.n_samples
    found.why = why(asked.model, asked.data, n, asked.recipe, work=asked.work, seed=asked.seed)


def _averaged(found: Found) -> None:
    asked = found.asked
    if isinstance(asked.model, ModelSpec):
        assert asked.recipe is not None
        others = {i: Candidate(asked.model, kept=True, later=i) for i in range(1, N_AVERAGED)}
        members = [found.models["asked"], *_tried(found, others, "averaged").values()]
        found.averaged = averaged_networks(members, asked.recipe)
        return
    model = averaged_model(asked.model, asked.data)
    if model is not None:
        (averaged,) = _tried(found, {"averaged": Candidate(model)}, "averaged").values()
        found.averaged = averaged.losses()


#: What is measured, in the order of its importance.
_STEPS: dict[str, Callable[[Found], None]] = {
    "how well": _how_well,
    "more data": _more_data,
    "capacity": _capacity,
    "why": _why,
    "averaged": _averaged,
}
