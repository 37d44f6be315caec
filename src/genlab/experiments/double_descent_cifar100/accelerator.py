"""What an experiment that needs a GPU checks before it starts."""

from __future__ import annotations

from genlab.experiments._experiment import Context, Missing
from genlab.sweep import TrainingCell, n_workers

# Multiply-adds a second that convolutions of 8 to 64 channels do on one core (measured);
# narrower ones do fewer.
_CORE = 20e9


def too_long_on_a_cpu(context: Context, cells: list[TrainingCell]) -> list[Missing]:
    """The GPU that those of `cells` need that are not stored; empty where all are stored."""
    stored = {} if context.fresh else context.store.get(cells)
    missing = [cell for cell in cells if cell.key not in stored]
    if not missing:
        return []
    processes = n_workers(context.jobs)
    days = sum(cell.work() for cell in missing) / (_CORE * processes) / 86_400
    return [
        Missing(
            "GPU",
            f"JAX finds none, and on this CPU the {len(missing)} networks would take about "
            f"{days:,.1f} days in {processes} processes (estimated); --scale quick tries it out.",
        )
    ]
