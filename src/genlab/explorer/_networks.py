"""Networks of a store, trained again, and their functions between two examples.

A store keeps results and no weights. The same cell trained again gives the same network.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from genlab._base import kinds, streams
from genlab._base.checks import integer, several
from genlab._base.errors import GenlabError
from genlab._base.words import received
from genlab.explorer._jobs import Jobs, Tell
from genlab.explorer._results import specs_of

if TYPE_CHECKING:
    from genlab.datasets import Dataset, ExamplePair
    from genlab.sweep import StoreLike, TrainingCell
    from genlab.training import Progress, SavedModel

#: Pairs over which means are taken: those numbered from 0.
N_PAIRS = 200
# Places on a path, its ends included.
_N_PLACES = 101
# How many times as long as `MOST_SECONDS` of `_results` a network may take on this machine.
_SLOWER = 3
# Networks that are in memory, are trained by one job, and are drawn at a time.
_MOST_KEPT, _MOST_TRAINED, _MOST_DRAWN = 12, 3, 3
_MOST_IDS = 2000
# Paths whose inputs are computed at once, and the numbers of an input that is shown.
_AT_ONCE, _MOST_SHOWN = 9, 200


class _Kept(NamedTuple):
    """A network in memory.

    `labels` are those that it was trained on. `repeats` is whether its curves are those in the
    store, bit for bit; None where there are none. `predicted` holds the predicted classes on all
    numbered paths, by where these end.
    """

    model: SavedModel
    labels: Int[np.ndarray, " n_train"]
    errors: dict[str, float]
    repeats: bool | None
    predicted: dict[str, Int[np.ndarray, "pairs places"]]


class Networks:
    """Trains the networks of a store again, as jobs, and answers for the last few of them."""

    def __init__(self, store: StoreLike, jobs: Jobs) -> None:
        self._store = store
        self._jobs = jobs
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def train(self, given: Any) -> dict[str, int]:
        """Begin a job that trains the networks of some runs, the `ids`, by `seed`.

        It tells `network`, its place among the ids, and step, steps, train_error and test_error.
        Those in memory are not trained again.
        """
        cells = self._cells(given)
        if len(cells) > _MOST_TRAINED:
            raise ValueError(f"`ids` must be at most {_MOST_TRAINED} runs, got {len(cells)}.")
        return self._jobs.start(lambda tell: self._train(list(cells.values()), tell))

    def functions(self, given: Any) -> dict[str, Any]:
        """The class probabilities along a path, of at most three networks in memory.

        Parameters
        ----------
        given
            `ids` of the runs of one family, in the order of their widths; `chosen`, one of them;
            `seed`; `pair`, a number, and `to`, as of `example_pair`.

        Returns
        -------
        dict
            networks: what `_function` gives of those in memory; of more than three only the
            first, the chosen and the last. Each but the last also has more_changes: the mean
            difference of its number of changes from that of the last, over the same pairs, with
            its 95% interval. Where there are networks, also start and end of the path, the
            distance between these, and the classes' names.
        """
        from genlab.datasets import PATH_ENDS, example_pair, path_between
        from genlab.measure import class_changes

        cells = self._cells(given)
        with self._lock:
            held = {name: self._kept.get(cell.key) for name, cell in cells.items()}
        there = [name for name, one in held.items() if one is not None]
        if not there:
            return {"networks": []}
        if any(cells[name].data != cells[there[0]].data for name in there):
            raise ValueError(f"`ids` must be runs of one data set, got {received(given['ids'])}.")
        if len(there) > _MOST_DRAWN:
            wanted = {there[0], there[-1], given.get("chosen")}
            there = [name for name in there if name in wanted]
        data, to = cells[there[0]].data.make(), given.get("to", PATH_ENDS[0])
        number = integer("pair", given.get("pair", 0), low=0, high=streams.MAX_SEED)
        pair = example_pair(data, number, to)
        path = path_between(data, pair, _N_PLACES)
        kept = [one for name in there if (one := held[name]) is not None]
        every = [_on_every_path(one, data, to) for one in kept]
        networks = [
            {"id": name, **_function(one, path, pair, predicted)}
            for name, one, predicted in zip(there, kept, every, strict=True)
        ]
        for network, predicted in zip(networks[:-1], every[:-1], strict=True):
            network["more_changes"] = _row(class_changes(predicted) - class_changes(every[-1]))
        labels = data.y_test if pair.in_test else data.y_train
        return {
            "networks": networks,
            "start": {
                "index": pair.start,
                "label": int(data.y_train[pair.start]),
                **_shown(path[0]),
            },
            "end": {"index": pair.end, "label": int(labels[pair.end]), **_shown(path[-1])},
            "distance": float(np.linalg.norm(path[-1] - path[0])),
            "classes": [str(one) for one in data.classes or range(data.n_classes)],
        }

    def _cells(self, given: Any) -> dict[str, TrainingCell]:
        """The cells of the asked runs and seed, by the runs' ids."""
        from genlab.sweep import TrainingCell

        given = given if isinstance(given, dict) else {}
        ids = several("ids", given.get("ids"))
        if not 0 < len(ids) <= _MOST_IDS:
            raise ValueError(f"`ids` must be from 1 to {_MOST_IDS} runs, got {len(ids)}.")
        seed = integer("seed", given.get("seed", 0), low=0, high=streams.MAX_SEED)
        found = specs_of(self._store, ids)
        _check_installed(list(found.values()))
        return {
            name: TrainingCell.from_dict({**found[name], "seed": seed})
            for name in dict.fromkeys(ids)
        }

    def _train(self, cells: Sequence[TrainingCell], tell: Tell) -> dict[str, Any]:
        from genlab.sweep import opened_store

        with opened_store(self._store) as opened:
            stored = opened.get(cells)
        for i, cell in enumerate(cells):
            with self._lock:
                kept = self._kept.get(cell.key)
            if kept is None:
                kept = _trained(cell, cell.data.make(), stored.get(cell.key), i, tell)
            with self._lock:
                self._kept[cell.key] = kept
                # The last to be forgotten, even where it was there before.
                self._kept.move_to_end(cell.key)
                if len(self._kept) > _MOST_KEPT:
                    self._kept.popitem(last=False)
        return {}


def _check_installed(part: Any) -> None:
    """GenlabError where a stored spec names code that no installed package brings.

    To make such a spec is to import that code and to run it, and a store may come from elsewhere.
    """
    from genlab.datasets import GENERATORS
    from genlab.models import MODELS
    from genlab.training import OWN_LOSSES

    if isinstance(part, (Mapping, list)):
        for one in part.values() if isinstance(part, Mapping) else part:
            _check_installed(one)
        return
    if not isinstance(part, str) or not kinds.is_import_path(part):
        return
    if not any(registry.brings(part) for registry in (MODELS, GENERATORS, OWN_LOSSES)):
        raise GenlabError(
            f"this network is not trained here: it needs {part!r}, which no installed package "
            "brings by an entry point, and the explorer runs no other code that a store names."
        )


def _trained(cell: TrainingCell, data: Dataset, stored: Any, i: int, tell: Tell) -> _Kept:
    from genlab.explorer._results import MOST_SECONDS
    from genlab.training import CURVES, SavedModel

    if data.task != "classification":
        raise GenlabError("a regression has no class probabilities.")
    began, most = time.monotonic(), _SLOWER * MOST_SECONDS

    def follow(now: Progress) -> None:
        if time.monotonic() - began > most:
            raise GenlabError(f"training was ended, because it took more than {most:.0f} s.")
        tell(
            network=i,
            step=now.step,
            steps=now.steps,
            train_error=now.train_error,
            test_error=now.test_error,
        )

    result, module = cell.train(follow)
    if result.diverged_at >= 0:
        raise GenlabError(f"this network diverged by step {result.diverged_at}.")
    seed: Any = cell.seed  # which `Networks` has made a number
    noise, labels = cell.label_noise, data.y_train
    if noise is not None:
        labels = noise.labels(labels, data.n_classes, seed)
    repeats = (
        None
        if stored is None
        else all(
            np.array_equal(getattr(stored, name), getattr(result, name), equal_nan=True)
            for name in CURVES
        )
    )
    model = SavedModel.of_data(data, cell.model, module, cell.recipe, seed, label_noise=noise)
    errors = {name: result.end(name) for name in ("train_error", "test_error")}
    return _Kept(model, labels, errors, repeats, {})


def _on_every_path(kept: _Kept, data: Dataset, to: str) -> Int[np.ndarray, "pairs places"]:
    """The predicted classes on the numbered paths; computed once."""
    from genlab.datasets import example_pair, path_between

    if to not in kept.predicted:
        rows = []
        for first in range(0, N_PAIRS, _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, N_PAIRS))
            pairs = [example_pair(data, number, to) for number in numbers]
            paths = np.concatenate([path_between(data, pair, _N_PLACES) for pair in pairs])
            rows.append(kept.model.predict(paths).reshape(-1, _N_PLACES))
        kept.predicted[to] = np.concatenate(rows)
    return kept.predicted[to]


def _function(
    kept: _Kept, path: Any, pair: ExamplePair, every: Int[np.ndarray, "pairs places"]
) -> dict[str, Any]:
    """A network on a path.

    Returns
    -------
    dict
        probabilities: one list for each class, at `_N_PLACES` places from start to end. changes:
        each with `at`, from 0 to 1, and the predicted classes `before` and `after`. neither: the
        fraction of the places between the ends with the predicted class of neither. labels: those
        of the ends that it was trained on, None for a test example. mean_changes and
        mean_neither: over `N_PAIRS` pairs, with 95% intervals. errors, repeats: as of `_Kept`.
    """
    from genlab.measure import class_changes, error_interval, loss_interval, neither_fraction

    probabilities = kept.model.probabilities(path)
    predicted = probabilities.argmax(axis=1)
    where = np.flatnonzero(predicted[1:] != predicted[:-1])
    return {
        "probabilities": probabilities.T.round(4).tolist(),
        "first": int(predicted[0]),
        "changes": [
            {
                "at": (i + 0.5) / (_N_PLACES - 1),
                "before": int(predicted[i]),
                "after": int(predicted[i + 1]),
            }
            for i in where.tolist()
        ],
        "neither": float(neither_fraction(predicted)),
        "labels": [
            int(kept.labels[pair.start]),
            None if pair.in_test else int(kept.labels[pair.end]),
        ],
        "mean_changes": loss_interval(class_changes(every)).row(),
        "mean_neither": error_interval(neither_fraction(every)).row(),
        "errors": kept.errors,
        "repeats": kept.repeats,
    }


def _row(differences: Float[np.ndarray, " pairs"]) -> dict[str, float]:
    from genlab.measure import mean_interval

    return mean_interval(differences).row()


def _shown(x: Float[np.ndarray, ...]) -> dict[str, Any]:
    """The numbers of an input that is a row of a few."""
    return {"input": x.tolist() if x.ndim == 1 and len(x) <= _MOST_SHOWN else None}
