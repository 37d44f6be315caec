"""How tasks are made and their results stored, whoever runs them: an executor done at once."""

from concurrent.futures import Future

import numpy as np
import pytest
from sweep.mean_cell import MeanCell

from genlab import WorkerError
from genlab.sweep import Store, run_cells
from genlab.sweep.executors import _waiting
from genlab.sweep.executors._drive import Messages, Trouble, ahead, drive, new_run
from genlab.sweep.executors._task import Outcome


class Compiled(MeanCell):
    """Cells of one mean share a program."""

    def program_key(self):
        return self.mean


class AtOnce:
    """An executor whose tasks are done when they are handed out; `tasks` are their cells."""

    side_by_side = False
    here = True

    def __init__(self, slots=2, seconds=1.0):
        self.n, self.seconds, self.tasks = slots, seconds, []

    def run(self, groups, take=None):
        return drive(groups, self, Messages(), new_run(), take)

    def slots(self):
        return self.n

    def most(self, slots):
        return ahead(slots)

    def contents(self, cells):
        return {}

    def submit(self, task):
        cells = [MeanCell.from_dict(values) for batch in task.cells for values in batch]
        self.tasks.append(cells)
        future = Future()
        future.set_result([self.outcome(cell) for cell in cells])
        return future

    def outcome(self, cell):
        return Outcome([cell.key], "result", cell.pack(cell.fit()), self.seconds, {"where": "here"})

    def collect(self, futures):
        return [future.result() for future in futures]

    def stop(self, futures):
        pass


class Watched(Store):
    """Counts the results that are stored in one transaction."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.together = []

    def put_all(self, results, **options):
        results = list(results)
        if results:
            self.together.append(len(results))
        super().put_all(results, **options)


def sizes(executor, cells):
    events = list(executor.run([[[cell]] for cell in cells]))
    assert {event.key for event in events} == {cell.key for cell in cells}
    return [len(task) for task in executor.tasks]


def test_cells_of_one_program_share_a_task():
    """Of 3 seconds in all; at the end none waits for another."""
    executor = AtOnce(slots=2, seconds=1.0)
    cells = [Compiled(float(mean), 10, seed) for mean in range(6) for seed in range(3)]
    assert sizes(executor, cells) == [3, 3, 3, 3, 3, 2, 1]
    assert all(len({cell.mean for cell in task}) == 1 for task in executor.tasks)


def test_long_cells_and_few_cells_run_side_by_side():
    cells = [Compiled(0.0, 10, seed) for seed in range(40)]
    # As long as nobody knows how long they take, five together.
    assert sizes(AtOnce(slots=2, seconds=10.0), cells) == [5] * 6 + [1] * 10
    assert sizes(AtOnce(slots=8), cells[:8]) == [1] * 8


def test_processes_compile_different_programs():
    """One that waits for its first result is compiling; others then read what it has compiled."""
    executor = AtOnce(slots=2)
    cells = [Compiled(float(mean), 10, seed) for mean in range(2) for seed in range(30)]
    sizes(executor, cells)
    begun = [task[0].mean for task in executor.tasks]
    assert begun[:4] == [0.0, 1.0, 0.0, 0.0]
    assert all(len({cell.mean for cell in task}) == 1 for task in executor.tasks)
    alone = AtOnce(slots=1)
    sizes(alone, cells)
    assert [cell.mean for task in alone.tasks for cell in task] == [0.0] * 30 + [1.0] * 30


def test_the_work_of_a_task_is_at_most_a_share_of_what_waits():
    """Of three large cells and ten small ones, of one program, two processes have the same work."""
    executor = AtOnce(slots=2)
    large, small = (
        [Compiled(0.0, 1000, i) for i in range(3)],
        [Compiled(0.0, 100, i) for i in range(10)],
    )
    sizes(executor, [*large, *small])
    assert [len(task) for task in executor.tasks[:2]] == [2, 1]


def test_tasks_are_longer_where_there_are_more_workers_than_a_scheduler_keeps_busy(monkeypatch):
    cells = [MeanCell(0.0, 10, seed) for seed in range(300)]
    assert max(sizes(AtOnce(slots=10, seconds=0.099), cells)) == 5
    monkeypatch.setattr(_waiting, "_TASKS_A_SECOND", 4.0)
    # 25 take two seconds and a half; at the end none waits for another.
    assert max(sizes(AtOnce(slots=10, seconds=0.099), cells)) == 270 // 20


@pytest.mark.parametrize("shared", [False, True])
def test_results_that_arrive_together_are_stored_together(tmp_path, shared):
    cells = [MeanCell(0.5, 10, seed) for seed in range(20)]
    with Watched(tmp_path / "s.db" if shared else "sqlite://") as store:
        results = run_cells(cells, store, executor=AtOnce(slots=4, seconds=0.1))
        assert store.together == [12, 8]
        assert len(store) == 20
    assert np.array_equal(results, [cell.fit() for cell in cells])


def test_what_has_arrived_is_stored_before_an_error():
    class Unlucky(AtOnce):
        def collect(self, futures):
            return [
                Trouble("unstarted", "no memory") if outcomes[0].error else outcomes
                for outcomes in super().collect(futures)
            ]

        def outcome(self, cell):
            return super().outcome(cell)._replace(error="x" if cell.seed == 3 else "")

    cells = [MeanCell(0.5, 10, seed) for seed in range(6)]
    with Watched("sqlite://") as store:
        with pytest.raises(WorkerError, match=r"no memory \(1 of 6 cells failed"):
            run_cells(cells, store, executor=Unlucky())
        assert store.together == [5]

        def stop(progress):
            if progress.cells_done == 4:
                raise RuntimeError("enough")

        more = [MeanCell(0.7, 10, seed) for seed in range(3)]
        with pytest.raises(RuntimeError, match="enough"):
            run_cells([*cells[:5:2], *more], store, executor=AtOnce(), progress=stop)
    assert store.together == [5, 3]
