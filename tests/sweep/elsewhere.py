"""Another machine, for what is decided by who runs where and since when."""

from genlab._base import owners


class Elsewhere:
    """This process, as one that runs somewhere else."""

    def __init__(self, monkeypatch):
        self._monkeypatch, self.clock = monkeypatch, 0.0
        monkeypatch.setattr(owners.time, "monotonic", lambda: self.clock)

    def at(self, place):
        self._monkeypatch.setattr(owners, "process_name", lambda: f"{place}/1/1")
