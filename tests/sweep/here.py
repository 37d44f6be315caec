"""The plainest executor, for tests of what is done around any: this process."""

from contextlib import contextmanager

import pytest

from genlab.sweep import EXECUTORS
from genlab.sweep.executors import Advanced, Finished


class Here:
    """Runs cells in this process, those of one program in one batch where `side_by_side` says so.

    A test may look at the `batches` that it was given, and whether the run was `closed`.
    """

    def __init__(self, jobs=1, side_by_side=False):
        self.jobs = jobs
        self.side_by_side = side_by_side
        self.batches = []
        self.closed = False

    def run(self, groups):
        try:
            for batch in (batch for group in groups for batch in group):
                self.batches.append(batch)
                for cell in batch:
                    yield Advanced(cell.key, 1, 0.5)
                for cell, result in zip(batch, batch[0].run_together(batch), strict=True):
                    yield Finished(cell.key, cell.pack(result), 2.0, {"where": "here"})
        finally:
            self.closed = True


@contextmanager
def no_workers():
    """A block in which `Here` runs all cells, for a worker takes seconds to start."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(EXECUTORS, "local", lambda jobs: Here(jobs))
        yield
