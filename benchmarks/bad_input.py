"""Ten thousand generated command lines: no traceback, no hang, nothing written elsewhere.

To them come thirty thousand others: each option with each value of a list, alone.
`python -m benchmarks.bad_input [N]` prints, for each command, how many inputs it was given, how
they ended, and every fault. The exit status is 1 where there was any.
"""

from __future__ import annotations

import collections
import os
import re
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import bad_input
import hypothesis
import pytest

from genlab.cli import COMMANDS

# The audit events of writing, and where the path stands among their arguments.
_WRITES = {
    **dict.fromkeys(("os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.chmod"), (0,)),
    **dict.fromkeys(("os.rename", "os.link"), (0, 1)),
    "os.symlink": (1,),
}
# Commands with few options take fewer inputs.
_FEWER = {"list": 1, "seal": 3, "show": 3, "reproduce": 4, "data": 6}
_MODES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class _Writes:
    """All paths that this process writes, outside the folder of the run."""

    def __init__(self, folder: Path) -> None:
        self.paths: list[str] = []
        self.on = False
        self._folder = str(folder)
        sys.addaudithook(self._see)

    def _see(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.on:
            return
        if event == "open":
            path, _, flags = arguments
            given = [path] if isinstance(flags, int) and flags & _MODES else []
        else:
            given = [arguments[i] for i in _WRITES.get(event, ())]
        for one in given:
            if not isinstance(one, (str, bytes)):
                continue
            path = os.path.realpath(os.fsdecode(one))
            if not path.startswith((self._folder, "/dev", "/proc")) and "__pycache__" not in path:
                self.paths.append(path)


class _Run:
    """Runs inputs, and counts how they end."""

    def __init__(self, folder: Path) -> None:
        self.found: dict[str, tuple[int, str]] = {}
        self.ends: collections.Counter[str] = collections.Counter()
        self.slowest = 0.0
        self.places = bad_input.Places(folder)
        self._writes = _Writes(folder)

    def inputs(self, command: str, n: int) -> None:
        """Run `n` inputs of a command, and each of its options with each value of its pool."""
        self.ends, self.slowest = collections.Counter(), 0.0

        @hypothesis.seed(0)
        @hypothesis.settings(
            max_examples=n,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(bad_input.command_lines(command), bad_input.files(self.places))
        def one(arguments: list[str], contents: dict[str, bytes]) -> None:
            self._one(command, arguments, contents)

        one()
        for arguments in bad_input.each(command):
            self._one(command, arguments, {})

    def _one(self, command: str, arguments: list[str], contents: dict[str, bytes]) -> None:
        self.places.write(contents)
        self._writes.on = True
        ended = bad_input.run(arguments)
        self._writes.on = False
        changed = self.places.changed()
        wrong = bad_input.faults(ended)
        wrong += [f"wrote {path}" for path in self.places.outside(changed, arguments)]
        wrong += [f"wrote {path}" for path in self._writes.paths]
        self._writes.paths.clear()
        for path in changed:
            if path.is_file() and bad_input.SECRET.encode() in path.read_bytes():
                wrong.append(f"the password stands in {path.name}")
        self.places.mend(changed)
        self.ends[str(ended.status)] += 1
        self.slowest = max(self.slowest, ended.seconds)
        for what in wrong:
            kind = f"{command}: " + re.sub(r"\d+|'[^']*'", "#", what)[:90]
            count, shown = self.found.get(kind, (0, ""))
            shown = shown or f"{what}\n      {arguments!r:.600}\n      {contents!r:.500}"
            self.found[kind] = (count + 1, shown)


def main(n: int) -> int:
    """Run `n` inputs, divided among the commands; returns the exit status."""
    weights = {command: _FEWER.get(command, 10) for command in COMMANDS}
    start = time.monotonic()
    total = 0
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(os.path.realpath(name))
        runs = _Run(folder)
        for key, value in runs.places.environment().items():
            patch.setenv(key, value)
        patch.setattr(tempfile, "tempdir", None)
        patch.chdir(runs.places.folder)
        bad_input.checks_alone(patch)
        for command, weight in weights.items():
            runs.inputs(command, max(1, -(-n * weight // sum(weights.values()))))
            done, ends = sum(runs.ends.values()), dict(sorted(runs.ends.items()))
            total += done
            at = time.monotonic() - start
            print(f"{command}: {done:,} inputs, by exit status {ends}, the slowest ", end="")
            print(f"{runs.slowest:.1f} s; {at:.0f} s", flush=True)
    print(f"{total:,} inputs, {len(runs.found)} kinds of faults")
    for kind, (count, shown) in runs.found.items():
        print(f"\n{count} times {kind}\n      {shown}")
    return int(bool(runs.found))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
