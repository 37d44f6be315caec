"""The measurements of a diagnosis: one effort after the other, while there is time."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from genlab._base.errors import FailedFitsError, FailedFitsWarning, UnseededWarning
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
    MEMBER,
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

_NO_TIME = "There was no time for this: give more minutes."


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

    def parts(self, asked: Asked, test: Opening | None, closed: str) -> tuple[Part, ...]:
        """The parts, in their order."""
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
                f"{asked.names['asked']} has no capacity parameter that is known: name one, such "
                'as capacity={"max_depth": [1, 2, 4, 8]} or --capacity max_depth=1,2,4,8.'
            )
            found["capacity"] = skipped("capacity", reason)
            found["choosing"] = skipped("choosing", "Nothing was chosen: no capacity was varied.")
        elif "capacity" in self.failed:
            found["choosing"] = skipped("choosing", "Nothing was chosen: no capacity was measured.")
        known = self._held_out(asked)
        if self.why is not None:
            found["why"] = self.why.part
            if known is not None:
                rows, stated = known
                if asked.data.task != "regression":
                    stated = cooled(stated, self._believed(asked, known).test)
                words, table = suspects(asked.data, rows, stated)
                part = self.why.part
                found["why"] = dataclasses.replace(
                    part,
                    answer=f"{part.answer} {words}".strip(),
                    tables={**part.tables, "suspects": table},
                )
        if asked.data.task == "regression":
            found["probabilities"] = skipped("probabilities", "A regression has none.")
        elif known is None:
            reason = f"{asked.names['asked']} gives none (no `predict_proba`)."
            found["probabilities"] = skipped(
                "probabilities", self.failed.pop("probabilities", reason)
            )
        else:
            found["probabilities"] = self._believed(asked, known).part
        return tuple(self._part(name, found.get(name)) for name in QUESTIONS)

    def _held_out(self, asked: Asked) -> tuple[Any, Any] | None:
        """Rows and the probabilities, or numbers, that were predicted where they were held out."""
        if asked.data.task != "regression" and not gives_probabilities(
            Candidate(asked.model), asked.data
        ):
            return None
        rows, stated = out_of_fold(self.models["asked"], self.pairs, asked.recipe)
        if asked.data.task != "regression" and not np.allclose(stated.sum(axis=1), 1, atol=1e-3):
            self.failed["probabilities"] = (
                f"What {asked.names['asked']} gives (`predict_proba`) are no probabilities: their "
                "sum over the classes must be 1."
            )
            return None
        return rows, stated

    def _believed(self, asked: Asked, known: tuple[Any, Any]) -> Believed:
        return probabilities(*known, asked.data, asked.seed)

    def _part(self, name: str, part: Part | None) -> Part:
        """The part with what failed in it; without one why it was skipped."""
        failed = self.failed.get(name, "")
        if name == "why" and part is not None and "averaged" in self.failed:
            note = f"Of the average of {N_AVERAGED} fits: {self.failed['averaged']}"
            part = dataclasses.replace(part, notes=(*part.notes, note))
        if part is None:
            return skipped(name, failed or _NO_TIME)
        return dataclasses.replace(part, notes=(*part.notes, failed)) if failed else part

    def advice(self, asked: Asked) -> tuple[Advice, ...]:
        """The advice that the evidence carries."""
        known = None if asked.data.task == "regression" else self._held_out(asked)
        return advice(
            self.models,
            self.averaged,
            self.more,
            self.capacity,
            "" if asked.axis is None else asked.axis.parameter,
            None if self.why is None else self.why.variance_share,
            None if known is None else self._believed(asked, known).test,
            self.n_tried,
        )

    def cost_of(self, effort: Effort, work: Work) -> float:
        """Seconds of computing that another effort would take, by the time of these fits."""
        now = self.effort
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
        if not found.complete or not asked.work.affords(found.cost_of(higher, asked.work)):
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
    found = Found(effort, folds_of(asked.data, effort.n_divisions, asked.seed))
    try:
        for name, measure in _STEPS.items():
            with _failures(asked, found, name):
                measure(asked, found)
    except OutOfTime:
        return found
    found.complete = True
    return found


@contextmanager
def _failures(asked: Asked, found: Found, name: str) -> Iterator[None]:
    """Keep in words that fits of a part failed; those of the model itself end the diagnosis."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        except (FailedFitsError, ValueError) as error:
            if name == "how well":
                raise
            found.failed[name] = f"This could not be measured: {_sentence(error)}"
    for warning in caught:
        if issubclass(warning.category, FailedFitsWarning):
            found.failed.setdefault(name, _sentence(warning.message))
            continue
        if issubclass(warning.category, UnseededWarning):
            found.unseeded = str(warning.message)
        if str(warning.message) not in asked.warned:
            asked.warned.add(str(warning.message))
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )


def _sentence(message: Any) -> str:
    text = str(message)
    return text[:1].upper() + text[1:]


def _how_well(asked: Asked, found: Found) -> None:
    candidates = {
        "asked": Candidate(asked.model, kept=True),
        "trivial": Candidate(asked.trivial),
        "linear": Candidate(asked.linear),
    }
    found.models |= _tried(asked, found, candidates, "how well")
    report_failures(found.models["asked"].results)


def _tried(
    asked: Asked, found: Found, candidates: Mapping[Any, Candidate], part: str
) -> dict[Any, Tried]:
    models, cells = tried(
        candidates, asked.data, found.pairs, asked.recipe, asked.seed, asked.work, part
    )
    found.cells[part] = cells
    return models


def _more_data(asked: Asked, found: Found) -> None:
    found.more = more_data(
        asked.model, asked.data, found.pairs, asked.recipe, work=asked.work, seed=asked.seed
    )
    found.cells["more data"] = [fit.cell for fit in found.more.curve.fits]


def _capacity(asked: Asked, found: Found) -> None:
    if asked.axis is None:
        return
    axis = asked.axis.some(found.effort.n_capacities)
    candidates = {value: Candidate(axis.made(value)) for value in axis.values}
    models = {"asked": found.models["asked"], **_tried(asked, found, candidates, "capacity")}
    n_tried = 2 + (averaged_model(asked.model, asked.data) is not None)
    found.capacity = capacity(axis, models, n_tried)


def _why(asked: Asked, found: Found) -> None:
    found.why = why(
        asked.model,
        asked.data,
        found.effort.n_samples,
        asked.recipe,
        work=asked.work,
        seed=asked.seed,
    )


def _averaged(asked: Asked, found: Found) -> None:
    if isinstance(asked.model, ModelSpec):
        assert asked.recipe is not None
        names = [(MEMBER, i) for i in range(1, N_AVERAGED)]
        candidates: dict[Any, Candidate] = {
            name: Candidate(asked.model, kept=True) for name in names
        }
        members = _tried(asked, found, candidates, "averaged")
        all_members = [found.models["asked"], *(members[name] for name in names)]
        found.averaged = averaged_networks(all_members, asked.recipe)
        return
    model = averaged_model(asked.model, asked.data)
    if model is not None:
        found.averaged = _tried(asked, found, {"averaged": Candidate(model)}, "averaged")[
            "averaged"
        ].losses()


#: What is measured, in the order of its importance.
_STEPS: dict[str, Callable[[Asked, Found], None]] = {
    "how well": _how_well,
    "more data": _more_data,
    "capacity": _capacity,
    "why": _why,
    "averaged": _averaged,
}
