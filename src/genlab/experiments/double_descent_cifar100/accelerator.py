"""What an experiment that needs a GPU asks before it starts."""

from __future__ import annotations

from genlab.experiments._experiment import Context
from genlab.sweep import TrainingCell, available_cores

# Multiply-adds a second that convolutions of 8 to 64 channels do on one core (measured);
# narrower ones do fewer.
_CORE = 20e9


def days_on_a_cpu(context: Context, cells: list[TrainingCell]) -> str:
    """How long a CPU would take for those of `cells` that are not stored; "" where all are."""
    stored = {} if context.fresh else context.store.get(cells)
    missing = [cell for cell in cells if cell.key not in stored]
    if not missing:
        return ""
    processes = context.jobs or available_cores()
    days = sum(cell.work() for cell in missing) / (_CORE * processes) / 86_400
    return (
        f" Scale {context.scale!r} needs a GPU, and JAX finds none: here its {len(missing)} "
        f"networks would take about {days:,.1f} days in {processes} processes; "
        f"--scale quick tries it out."
    )
