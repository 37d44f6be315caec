"""`make bench`: every benchmark, with its bar; exit status 1 where one is missed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import (
    cluster,
    coverage,
    coverage_calibration,
    coverage_components,
    coverage_differences,
    coverage_folds,
    coverage_mean,
    coverage_parts,
    coverage_peak,
    coverage_peak_parts,
    coverage_scores,
    coverage_threshold,
    decompose_beside_mlxtend,
    diagnose,
    double_descent,
    epoch_map,
    estimator_curves,
    forecasts,
    hinge,
    label_issues,
    mnist1d,
    model_step,
    own_file,
    sealed,
    select,
    select_tpe,
    startup,
    store_scale,
    tables,
    training_step,
)

BENCHMARKS = {
    "start": startup.run,
    "MNIST-1D": mnist1d.run,
    "training step": training_step.run,
    "models": model_step.run,
    "double descent": double_descent.run,
    "map of width and step": epoch_map.run,
    "hinge regression": hinge.run,
    "coverage of intervals": coverage.run,
    "coverage of means": coverage_mean.run,
    "coverage of the parts of a loss": coverage_parts.run,
    "coverage of variance components": coverage_components.run,
    "coverage over folds": coverage_folds.run,
    "coverage of differences": coverage_differences.run,
    "coverage of the threshold": coverage_threshold.run,
    "coverage of scores": coverage_scores.run,
    "coverage of calibration": coverage_calibration.run,
    "labels that look wrong": label_issues.run,
    "claims of a peak": coverage_peak.run,
    "claims of a peak of bias or variance": coverage_peak_parts.run,
    "curves of estimators": estimator_curves.run,
    "decompose beside mlxtend": decompose_beside_mlxtend.run,
    "forecasts": forecasts.run,
    "choosing": select.run,
    "search by TPE": select_tpe.run,
    "choosing on one's own file": own_file.run,
    "diagnosis": diagnose.run,
    "sealed test set": sealed.run,
    "a large store": store_scale.run,
    "many workers": cluster.run,
    "tables": tables.run,
}


def main() -> int:
    """Run all, print the table, and write it to the file named, if any, as JSON."""
    rows = []
    for name, run in track(BENCHMARKS.items(), "Measuring", console=Console(stderr=True)):
        rows += [{"benchmark": name, **row} for row in run()]
    table = Table("benchmark", "measured", "median", "bar", "met?", "rounds")
    for row in rows:
        bar = "" if row["least"] is None else f"at least {row['least']:g}"
        bar = bar if row["most"] is None else f"at most {row['most']:g}"
        met = {None: "", True: "yes", False: "NO"}[row["met"]]
        rounds = " ".join(_text(value) for value in row["rounds"])
        table.add_row(row["benchmark"], row["measured"], _text(row["value"]), bar, met, rounds)
    Console(width=None if sys.stdout.isatty() else 140).print(table)
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(json.dumps(rows, indent=1))
    return int(any(row["met"] is False for row in rows))


def _text(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main())
