"""Which cells run together, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from genlab.sweep._cell import Cell

#: Cells that run side by side in one worker process; mostly a single one.
Batch = list[Cell[Any]]
#: Batches that one worker process runs one after the other.
Group = list[Batch]


def batches(cells: Sequence[Cell[Any]], *, side_by_side: bool) -> list[Group]:
    """The cells in groups, each of which one worker process runs batch by batch.

    A group is a chain of cells that start from each other, in that order, one at a time; or one
    batch, of a single cell or of cells that run side by side. The group with the most work
    comes first.

    Parameters
    ----------
    cells
        The cells to run, none of them twice.
    side_by_side
        Whether this is for an accelerator, where `most_together` cells of one `together_key` share
        a batch. On a CPU as many do as their method `most_together_on_cpu` says, if they have it.
    """

    def most(cell: Cell[Any]) -> int:
        if side_by_side:
            return cell.most_together()
        on_cpu: Callable[[], int] | None = getattr(cell, "most_together_on_cpu", None)
        return 1 if on_cpu is None else on_cpu()

    chains: dict[str, list[tuple[int, int]]] = {}
    for index, cell in enumerate(cells):
        depth, root = 0, cell
        while root.start is not None:
            depth, root = depth + 1, root.start
        chains.setdefault(root.key, []).append((depth, index))
    groups: list[Group] = []
    together: dict[tuple[type, str], Batch] = {}
    for chain in chains.values():
        first = cells[chain[0][1]]
        alone = len(chain) > 1 or first.start is not None or most(first) == 1
        key = None if alone else first.together_key()
        if key is None:
            groups.append([[cells[index]] for _, index in sorted(chain)])
        else:
            together.setdefault((type(first), key), []).append(first)
    for batch in together.values():
        n = most(batch[0])
        groups += [[batch[i : i + n]] for i in range(0, len(batch), n)]
    return sorted(groups, key=lambda group: -sum(cell.work() for batch in group for cell in batch))


def without(groups: Sequence[Group], keys: Collection[str]) -> list[Group]:
    """The groups without these cells, and without what is then empty."""
    if not keys:
        return list(groups)
    kept = [
        [[cell for cell in batch if cell.key not in keys] for batch in group] for group in groups
    ]
    filled = [[batch for batch in group if batch] for group in kept]
    return [group for group in filled if group]
