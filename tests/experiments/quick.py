"""An experiment at quick scale, its result as the page and the command line get it: from JSON."""

import json
from functools import cache

from genlab.experiments import EXPERIMENTS, ExperimentResult, figures, run_experiment
from genlab.sweep import Store


@cache
def quick(name):
    """The result, made once for all tests of a module; they must not change it."""
    return ran(name, scale="quick")


def ran(name, protocol=None, *, scale="quick", **options):
    """The result of a protocol, mostly a tiny one."""
    with Store("sqlite://") as store:
        result = run_experiment(EXPERIMENTS[name], store, scale=scale, protocol=protocol, **options)
    text = json.dumps(result.to_json(), allow_nan=False)
    return ExperimentResult.from_json(json.loads(text))


def drawn(result):
    """Its figures by name, once each has been drawn and found to hold numbers alone."""
    found = {figure.name: figure for figure in figures(result)}
    for figure in found.values():
        assert "NaN" not in json.dumps(figure.spec())
        assert figure.files()[f"{figure.name}.png"].startswith(b"\x89PNG")
    return found


def by(rows, *names):
    """Rows by one or several columns."""
    return {tuple(row[n] for n in names) if len(names) > 1 else row[names[0]]: row for row in rows}


def pick(rows, **wanted):
    return next(row for row in rows if all(row[key] == value for key, value in wanted.items()))


def held(spec):
    """The rows of all data that a chart and its parts hold."""
    if isinstance(spec, list):
        return [row for part in spec for row in held(part)]
    if not isinstance(spec, dict):
        return []
    own = spec.get("data", {}).get("values", [])
    return own + [row for key, part in spec.items() if key != "data" for row in held(part)]
