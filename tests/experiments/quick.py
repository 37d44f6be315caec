"""An experiment at quick scale, its result as the page and the command line get it: from JSON."""

import json
from functools import cache

from sweep.here import no_workers

from genlab.charts import NARROW
from genlab.charts._layout import views
from genlab.experiments import (
    EXPERIMENTS,
    Context,
    Experiment,
    ExperimentResult,
    figures,
    run_experiment,
)
from genlab.sweep import Store, TrainingCell


@cache
def quick(name):
    """The result, made once for all tests of a module; they must not change it."""
    return ran(name, scale="quick")


def ran(name, protocol=None, *, scale="quick", **options):
    """The result of a protocol, mostly a tiny one, whose cells are run in this process."""
    with Store("sqlite://") as store, no_workers():
        result = run_experiment(EXPERIMENTS[name], store, scale=scale, protocol=protocol, **options)
    return through_json(result)


def ran_here(name, protocol, run_cell=TrainingCell.run, *, run=None, **options):
    """The same with cells run in this process, which alone knows the small files of a test.

    `run_cell` gives a cell's result; `run(context, protocol)` replaces the experiment's own.
    """

    class Here(Context):
        def run_cells(self, cells):
            return [run_cell(cell) for cell in cells]

    class InProcess(Experiment):
        def run(self, context, protocol):
            here = Here(context.seed, context.store, context.jobs)
            return (run or super().run)(here, protocol)

    with Store("sqlite://") as store:
        experiment = InProcess(**vars(EXPERIMENTS[name]))
        return through_json(run_experiment(experiment, store, protocol=protocol, **options))


def through_json(result):
    assert 5 <= len(result.finding.split()) <= 25, result.finding
    assert result.finding.endswith(".")
    text = json.dumps(result.to_json(), allow_nan=False)
    return ExperimentResult.from_json(json.loads(text))


def charted(result):
    """Its figures by name, each found to keep Vega-Lite's schema and to hold numbers alone."""
    found = {figure.name: figure for figure in figures(result)}
    for figure in found.values():
        spec = figure.spec()
        assert "NaN" not in json.dumps(spec)
        # To the schema one row is as good as another: all of them take most of the time.
        for view in views(spec):
            if "values" in view.get("data", {}):
                del view["data"]["values"][1:]
        figure.chart.validate(spec)
    return found


def drawn(result):
    """The same, once each has been drawn, and found narrow."""
    found = charted(result)
    for figure in found.values():
        assert figure.layouts["narrow"].width <= NARROW  # which a phone shows in full
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
