"""The runs and the openings of test sets that a store holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from genlab._base.checks import several
from genlab._base.words import received
from genlab.explorer._published import published_errors
from genlab.sweep import Store, StoreLike, opened_store

# The newest cells of a store that are shown, and the runs that are compared at a time.
_MOST_CELLS = 2000
_MOST_COMPARED = 6
#: Seconds that one network may take to be trained again, by those of its stored run.
MOST_SECONDS = 600.0
_FEWEST_WIDTHS = 3
_AT_ONCE = 500
_ERRORS = ("train_error", "test_error")
_OF_WIDTH = ("width", "id", "n", *_ERRORS, "seconds", "seed")
# Data sets whose test sets go on with places between examples (`paths_part`), or with the training
# examples (`fitted_too_part`).
_PREDICT_MORE = ("paths", "fitted_too")
_Run = dict[str, Any]


def stored_runs(store: StoreLike) -> dict[str, Any]:
    """The newest runs of a store: cells that differ in the seed alone are one run.

    Returns
    -------
    dict
        runs: id, dataset, model, settings (those in which runs of one data set and model
        differ), n (seeds), train_error and test_error (mean over seeds and its interval, None of
        a single seed), finished, the mean seconds of a fit, the lowest seed that is a number, and
        whether there are curves. n_cells is the number of results
        in the store, n_shown of those in the runs, place the store's URL.
    """
    with opened_store(store) as opened:
        runs, n_shown = _runs(opened)
        _add_errors(opened, runs)
        n_cells, place = len(opened), opened.url
    _name_settings(runs)
    return {"runs": runs, "n_cells": n_cells, "n_shown": n_shown, "place": place}


def stored_curves(store: StoreLike, ids: Any) -> list[dict[str, Any]]:
    """Training and test error against the step of some runs.

    Returns
    -------
    list
        One for each run: id, steps, n (seeds), train_error and test_error (mean and 95% interval
        over seeds at each step), confusion, and what was published for it (`published_errors`).
    """
    wanted = several("ids", ids)
    if len(wanted) > _MOST_COMPARED:
        raise ValueError(f"`ids` must be at most {_MOST_COMPARED} runs, got {len(wanted)}.")
    with opened_store(store) as opened:
        by_id = {run["id"]: run for run in _runs(opened)[0]}
        unknown = [one for one in wanted if not isinstance(one, str) or one not in by_id]
        if unknown:
            raise ValueError(f"`ids` must name runs of the store, got {received(unknown[0])}.")
        return [_curves(opened, by_id[one]) for one in wanted]


def width_curves(store: StoreLike) -> list[dict[str, Any]]:
    """Runs of networks that differ in their width alone: error against width.

    Returns
    -------
    list
        One for each family of at least three widths: dataset, model, label_noise, and points: the
        width, the run's id, n (seeds), train_error and test_error with their intervals, the mean
        seconds of its training, the lowest of its seeds that is a number, and what was published
        for it (`published_errors`).
    """
    with opened_store(store) as opened:
        runs, _ = _runs(opened)
        _add_errors(opened, runs)
    families: dict[str, list[_Run]] = {}
    for run in runs:
        width, rest = _width(run["spec"])
        if width is not None and run["has_curves"]:
            families.setdefault(json.dumps(rest, sort_keys=True), []).append(
                {**run, "width": width}
            )
    found = []
    for members in families.values():
        if len(members) < _FEWEST_WIDTHS:
            continue
        members.sort(key=lambda run: run["width"])
        noise = members[0]["spec"].get("label_noise")
        found.append(
            {
                "dataset": members[0]["dataset"],
                "model": members[0]["model"],
                "label_noise": noise.get("fraction") if isinstance(noise, Mapping) else noise,
                "points": [
                    {name: run[name] for name in _OF_WIDTH}
                    | {"published": published_errors(run["spec"])}
                    for run in members
                ],
            }
        )
    return sorted(found, key=lambda family: -len(family["points"]))


def specs_of(store: StoreLike, ids: list[Any]) -> dict[str, dict[str, Any]]:
    """The specs of runs by their ids, without a seed; ValueError where one is not in the store."""
    if not all(isinstance(one, str) and one in _specs for one in ids):
        with opened_store(store) as opened:
            _specs.update({run["id"]: run["spec"] for run in _runs(opened)[0]})
    unknown = [one for one in ids if not isinstance(one, str) or one not in _specs]
    if unknown:
        raise ValueError(f"`ids` must name runs of the store, got {received(unknown[0])}.")
    return {one: _specs[one] for one in ids}


def stored_openings(store: StoreLike) -> dict[str, Any]:
    """Every opening of a sealed test set that a store knows: what `genlab seal status` prints."""
    from genlab.sealing import sealed_openings

    with opened_store(store) as opened:
        found, place = sealed_openings(opened), opened.url
    rows = [{**one.row(), "sentence": one.sentence} for one in found]
    notes = dict.fromkeys(f"{one.fingerprint[:12]}: {note}" for one in found for note in one.notes)
    return {"rows": rows, "notes": list(notes), "place": place}


def _runs(store: Store) -> tuple[list[_Run], int]:
    """The runs of the newest cells, each with its cells' keys; and the number of these cells."""
    import sqlalchemy as sa

    cells = store.tables.cells
    query = sa.select(cells.c.key, cells.c.kind, cells.c.spec, cells.c.finished, cells.c.seconds)
    query = query.where(cells.c.kind.in_(_kinds()))
    for name in _PREDICT_MORE:  # a spec is kept as `json.dumps` writes it
        query = query.where(~cells.c.spec.contains(f'"name": "{name}"', autoescape=True))
    newest = query.order_by(cells.c.finished.desc(), cells.c.key.desc()).limit(_MOST_CELLS)
    runs: dict[str, _Run] = {}
    rows, n_shown = store.read(newest), 0
    for row in rows:
        try:
            spec = json.loads(row.spec)
        except ValueError:
            continue  # `genlab store verify` tells of it
        n_shown += 1
        seed = spec.pop("seed", None)
        text = json.dumps([row.kind, spec], sort_keys=True)
        name = hashlib.sha256(text.encode()).hexdigest()[:12]
        run = runs.setdefault(
            name,
            {
                "id": name,
                "n": 0,
                "dataset": _named(spec.get("data"), "name"),
                "model": _named(spec.get("model") or spec.get("estimator"), "kind"),
                "spec": spec,
                "has_curves": row.kind == "Cell",
                "finished": row.finished,
                "seconds": 0.0,
                "seed": None,
                "keys": [],
            },
        )
        run["n"] += 1
        run["seconds"] += (row.seconds - run["seconds"]) / run["n"]
        if isinstance(seed, int):
            run["seed"] = seed if run["seed"] is None else min(seed, run["seed"])
        run["keys"].append(row.key)
    return list(runs.values()), n_shown


def _kinds() -> dict[str, Any]:
    from genlab.sweep import EstimatorCell, TrainingCell

    return {"Cell": TrainingCell, "EstimatorCell": EstimatorCell}


def _results(store: Store, keys: list[str]) -> dict[str, tuple[str, Any]]:
    """Kind and result of cells by key; damaged ones are left out."""
    import sqlalchemy as sa

    cells, kinds, found = store.tables.cells, _kinds(), {}
    for start in range(0, len(keys), _AT_ONCE):
        some = cells.c.key.in_(keys[start : start + _AT_ONCE])
        for row in store.read(sa.select(cells.c.key, cells.c.kind, cells.c.result).where(some)):
            with suppress(ValueError):  # `genlab store verify` tells of it
                found[row.key] = row.kind, kinds[row.kind].unpack(row.result)
    return found


# Id -> the spec of a run: an id never means another.
_specs: dict[str, dict[str, Any]] = {}
# Key -> the numbers of a cell: a key never means another result.
_numbers: dict[str, dict[str, Any]] = {}


def _add_errors(store: Store, runs: list[_Run]) -> None:
    """Give each run its errors, in place of its keys."""
    if len(_numbers) > 50 * _MOST_CELLS:
        _numbers.clear()
    missing = [key for run in runs for key in run["keys"] if key not in _numbers]
    kinds = _kinds()
    for key, (kind, result) in _results(store, missing).items():
        _numbers[key] = kinds[kind].numbers(result)
    for run in runs:
        values = [_numbers.get(key, {}) for key in run.pop("keys")]
        for name in _ERRORS:
            run[name] = _interval([one.get(name) for one in values])


def _named(part: Any, name: str) -> str:
    found = part.get(name) if isinstance(part, Mapping) else None
    return found.rpartition(":")[2] if isinstance(found, str) else "–"


def _interval(values: Iterable[Any]) -> dict[str, float]:
    from genlab.measure import error_interval, mean_interval

    numbers = [float("nan") if value is None else float(value) for value in values]
    within = all(0 <= value <= 1 for value in numbers)
    # An error above 1 is that of a regression, which has no bound above.
    return (error_interval if within else mean_interval)(numbers).row()


def _name_settings(runs: list[_Run]) -> None:
    """Give each run its settings: what differs between the runs of one data set and model."""
    flat = [dict(_leaves(run.pop("spec"))) for run in runs]
    groups: dict[tuple[str, str], list[int]] = {}
    for i, run in enumerate(runs):
        groups.setdefault((run["dataset"], run["model"]), []).append(i)
    for members in groups.values():
        names = dict.fromkeys(name for i in members for name in flat[i])
        differing = [name for name in names if len({str(flat[i].get(name)) for i in members}) > 1]
        for i in members:
            runs[i]["settings"] = {name: flat[i].get(name) for name in differing}


def _width(spec: Mapping[str, Any]) -> tuple[int | None, Any]:
    """The width of a spec's network, if it has one, and the spec without it."""
    model = spec.get("model")
    if not isinstance(model, Mapping):
        return None, spec
    for name in ("hidden", "width"):
        value = model.get(name)
        if isinstance(value, list) and value and len(set(value)) == 1:
            rest = {**model, name: len(value)}
            return value[0], {**spec, "model": rest}
        if isinstance(value, int):
            return value, {**spec, "model": {k: v for k, v in model.items() if k != name}}
    return None, spec


def _leaves(value: Any, name: str = "") -> Iterable[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        yield name, value
        return
    for key, part in value.items():
        if key == "kind":
            continue  # the class of a part, which its other fields show
        yield from _leaves(part, f"{name}.{key}" if name else str(key))


def _curves(store: Store, run: _Run) -> dict[str, Any]:
    import numpy as np

    from genlab.measure import error_interval, mean_interval

    results = [result for _, result in _results(store, run["keys"]).values()]
    if not run["has_curves"] or not results:
        return {"id": run["id"], "steps": []}
    # Curves of one recipe are recorded at the same steps; early stopping cuts some off.
    longest = max((result.steps for result in results), key=len)
    found: dict[str, Any] = {"id": run["id"], "steps": longest.tolist(), "n": len(results)}
    for name in _ERRORS:
        values = np.full((len(results), len(longest)), np.nan)
        for i, result in enumerate(results):
            values[i, : len(result.steps)] = getattr(result, name)
        within = np.nanmax(values, initial=0.0) <= 1
        interval = (error_interval if within else mean_interval)(values)
        found[name] = {end: getattr(interval, end).tolist() for end in ("mean", "low", "high")}
    counted = [one.test_confusion for one in results if one.test_confusion is not None]
    found["confusion"] = np.sum(counted, axis=0).tolist() if counted else None
    found["published"] = published_errors(run["spec"])
    return found
