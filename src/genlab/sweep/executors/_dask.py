"""Dask distributed: the same cells on the workers of any cluster that Dask knows how to make."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import threading
import time
import uuid
import weakref
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from genlab._base.errors import WorkerError
from genlab.datasets import CONTENT, DataSpec, contents_of, write_content
from genlab.sweep._batches import Group
from genlab.sweep.executors._base import Event, Take
from genlab.sweep.executors._drive import Begun, Messages, Trouble, ahead, drive, new_run
from genlab.sweep.executors._task import Outcome, Task, run_task, stop_run
from genlab.sweep.executors._time_limit import read_time_limit

# The resource of Dask workers that have a GPU each: `dask worker --resources GPU=1`.
_GPU = "GPU"
# An adaptive cluster grows by the tasks that it has been given. So there are never fewer.
_ADAPTIVE = 100
# A running task says how far it is after so many seconds; more on a cluster of many workers.
_REPORT_SECONDS = 1.0
_REPORTS_A_SECOND = 100
# For how long the number of workers is taken to be what it was.
_SLOTS_SECONDS = 1.0


# Without these Dask's own profiler and clock take 2% of a core for each idle worker.
_QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "200ms",
}
# A result that has not come after so many seconds is computed again.
_GATHER_SECONDS = 10.0
_LOST = Trouble("lost", "the Dask cluster lost it")


def is_client(value: Any) -> bool:
    """Whether a value is a `distributed.Client`; the library is not imported to know."""
    distributed = sys.modules.get("distributed")
    return distributed is not None and isinstance(value, distributed.Client)


class DaskExecutor:
    """Runs cells on the workers of a Dask cluster.

    Each thread of a Dask worker has one worker process of genlab's beside it, which runs the cells
    on one thread and is kept between tasks. So the bits are those of a `LocalExecutor` on such a
    machine, whatever threads and settings the Dask workers have. Where some workers have
    the resource "GPU", all cells run on these, one task for each unit of it. Small cells share a
    task; data of users go to a Dask worker once; workers may come and go. The client stays open.

    Parameters
    ----------
    client
        A `distributed.Client` that is not asynchronous.
    time_limit
        Seconds that a cell may take, or a text such as "90m"; None takes `$GENLAB_TIME_LIMIT`, or
        no limit. A cell that takes longer is ended, and fails; the others go on.

    Raises
    ------
    ValueError
        Where the client is asynchronous, or the limit is no time.
    """

    def __init__(self, client: Any, *, time_limit: float | str | None = None) -> None:
        self._time_limit = read_time_limit("`time_limit`", time_limit)
        if client.asynchronous:
            raise ValueError("`jobs` must be a distributed.Client with asynchronous=False.")
        self._client = client
        self._gpus = _gpus(client)

    @property
    def side_by_side(self) -> bool:
        """Whether it trains several networks side by side: where workers have GPUs."""
        return self._gpus > 0

    @property
    def n_workers(self) -> int:
        """How many tasks run at once on the workers that there are now."""
        return int(self._gpus) or _n_threads(self._client)

    def run(
        self, groups: Sequence[Group], take: Take | None = None
    ) -> Generator[Event, None, None]:
        """Run the cells, and yield their events, as `Executor.run` says."""
        run, messages = new_run(), Messages()
        tasks = _DaskTasks(run, self._client, messages, on_gpus=self.side_by_side)
        try:
            yield from drive(groups, tasks, messages, run, take, self._time_limit)
        finally:
            tasks.close()


@contextlib.contextmanager
def dask_executor(address: str, *, time_limit: float | str | None = None) -> Iterator[DaskExecutor]:
    """The executor of a Dask cluster, for the length of a block.

    Parameters
    ----------
    address
        That of a scheduler, such as "tcp://10.0.0.1:8786", or "local:N" for a cluster of N
        workers that is started on this machine and ends with the block.
    time_limit
        As of `DaskExecutor`.

    Raises
    ------
    ValueError
        Where the address has another form, `distributed` is not installed, or the limit is no
        time.
    WorkerError
        Where no scheduler answers.
    """
    n = _n_local(address)
    read_time_limit("`time_limit`", time_limit)
    try:
        import dask
        import distributed
    except ModuleNotFoundError:
        raise ValueError(
            "`address` needs the package distributed: pip install 'genlab[dask]'."
        ) from None
    with contextlib.ExitStack() as stack:
        try:
            if n is None:
                client = distributed.Client(address, set_as_default=False)
            else:
                with dask.config.set(_QUIET):
                    cluster = distributed.LocalCluster(
                        n_workers=n,
                        threads_per_worker=1,
                        processes=False,  # the cells are in processes of their own
                        memory_limit=0,
                        dashboard_address=":0",
                    )
                stack.enter_context(cluster)
                client = distributed.Client(cluster, set_as_default=False)
        except OSError as error:
            raise WorkerError(f"no Dask scheduler answers at {address}: {error}") from error
        stack.enter_context(client)
        yield DaskExecutor(client, time_limit=time_limit)


def _n_local(address: str) -> int | None:
    """The number of workers of "local:N", or None for the address of a scheduler."""
    kind, _, rest = address.partition(":")
    if kind == "local" and rest.isdecimal() and int(rest) > 0:
        return int(rest)
    if kind in ("tcp", "tls", "ws", "wss", "ucx", "inproc") and rest.startswith("//"):
        return None
    raise ValueError(
        f"`address` must be that of a Dask scheduler, such as tcp://10.0.0.1:8786, or local:N "
        f"with N >= 1, got {address!r}."
    )


def _gpus(client: Any) -> float:
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    return sum(worker.get("resources", {}).get(_GPU, 0) for worker in workers)


def _n_threads(client: Any) -> int:
    return sum(client.nthreads().values())


# The data sets that each client has sent to its cluster: future by fingerprint. They stay there for
# as long as the client is open, so that they are sent once.
_SCATTERED: weakref.WeakKeyDictionary[Any, dict[str, Any]] = weakref.WeakKeyDictionary()


class _DaskTasks:
    """Hands tasks to a Dask scheduler, for one run."""

    here = False

    def __init__(self, run: str, client: Any, messages: Messages, *, on_gpus: bool) -> None:
        self._run = run
        self._client = client
        self._on_gpus = on_gpus
        self._contents = _SCATTERED.setdefault(client, {})
        self._slots = 0
        self._waking: Any = None
        self._counted = -float("inf")
        self._n = 0
        self._topic = f"genlab-{run}"
        # What running tasks say; a keyword of their own calls the method in Dask's thread.
        client.subscribe_topic(self._topic, lambda event: messages.put(_told(event[1])))

    def slots(self) -> int:
        now = time.monotonic()
        if now - self._counted > _SLOTS_SECONDS:
            with contextlib.suppress(Exception):  # the scheduler may be gone for a while
                n = _gpus(self._client) if self._on_gpus else _n_threads(self._client)
                self._slots = int(n)
            self._counted = now
        return self._slots

    def most(self, slots: int) -> int:
        return max(_ADAPTIVE, ahead(slots))

    def contents(self, cells: Sequence[Any]) -> dict[str, str]:
        """The fingerprints; the folders are those of whichever Dask worker runs the task."""
        return dict.fromkeys(sorted(contents_of(cells)), "")

    def submit(self, task: Task) -> Any:
        self._n += 1
        contents = self._scattered_all(task.contents)
        if contents is None:
            return None
        resources = {_GPU: 1} if self._on_gpus else None
        every = max(_REPORT_SECONDS, self._slots / _REPORTS_A_SECOND)
        # As a text, for Dask looks through lists and dictionaries in search of its own futures.
        return self._client.submit(
            run_on_worker,
            json.dumps(task),
            self._topic,
            every,
            list(contents),
            *contents.values(),
            key=f"genlab-cells-{self._run}-{self._n}",
            resources=resources,
            pure=False,
        )

    def _scattered_all(self, fingerprints: Iterable[str]) -> dict[str, Any] | None:
        """The futures of data sets; None as long as no worker is there that takes them."""
        if not fingerprints:
            return {}
        if self._slots > 0:
            try:
                self._waking = None
                return {one: self._scattered(one) for one in fingerprints}
            except (TimeoutError, OSError):  # the last worker has left, or the scheduler
                self._wait_for_scheduler()
        if self._waking is None:  # an adaptive cluster grows for a task alone
            self._waking = self._client.submit(int, pure=False)
        return None

    def _scattered(self, fingerprint: str) -> Any:
        """The future of a data set's files: sent once, then from worker to worker."""
        found = self._contents.get(fingerprint)
        if found is None or found.status != "finished":  # or lost, with the worker that had it
            files = _files_of(fingerprint)
            name = f"genlab-data-{fingerprint}-{uuid.uuid4().hex}"
            (found,) = self._client.scatter({name: files}, hash=False).values()
            self._contents[fingerprint] = found
        return found

    def collect(self, futures: Sequence[Any]) -> list[list[Outcome] | Trouble]:
        finished = [future for future in futures if future.status == "finished"]
        gathered: dict[str, Any] = {}
        try:
            results = self._client.sync(
                _gathered, self._client, finished, callback_timeout=_GATHER_SECONDS
            )
            gathered = dict(zip((one.key for one in finished), results, strict=True))
        except TimeoutError:  # lost with their worker, after all: nobody knows for how long
            gathered = dict.fromkeys((one.key for one in finished), None)
        except Exception:
            pass  # each is then asked for itself
        return [
            self._collected(future)
            if future.key not in gathered
            else _LOST
            if gathered[future.key] is None
            else _outcomes(gathered[future.key])
            for future in futures
        ]

    def _collected(self, future: Any) -> list[Outcome] | Trouble:
        from distributed import CancelledError, KilledWorker

        try:
            return _outcomes(future.result(timeout=_GATHER_SECONDS))
        except KilledWorker as error:
            return Trouble("ended", f"its Dask worker ended each time: {error}".split("\n")[0])
        except CancelledError:
            self._wait_for_scheduler()
            return _LOST
        except TimeoutError:
            return _LOST
        except Exception as error:
            return Trouble("unstarted", f"{type(error).__name__}: {error}")

    def _wait_for_scheduler(self) -> None:
        """Wait while the client connects again, as it does by itself for some seconds."""
        while self._client.status == "connecting":
            time.sleep(0.1)
        if self._client.status != "running":
            raise WorkerError("the Dask scheduler is gone, and did not come back.")
        self._client.subscribe_topic(self._topic, self._client._event_handlers[self._topic])

    def stop(self, futures: Sequence[Any]) -> None:
        if self._client.status == "running":
            with contextlib.suppress(Exception):
                self._client.cancel(list(futures))
                self._client.run(_stop_run, self._run, wait=False, on_error="ignore")

    def close(self) -> None:
        if self._client.status == "running":
            self._client.unsubscribe_topic(self._topic)


async def _gathered(client: Any, futures: Sequence[Any]) -> list[Any]:
    return await client.gather(futures, asynchronous=True)


def _told(message: dict[str, Any]) -> Begun | Outcome:
    if "begun" in message:
        return Begun(message["begun"])
    return Outcome(
        message["keys"], "progress", step=message["step"], train_loss=float(message["train_loss"])
    )


def _outcomes(values: Sequence[Sequence[Any]]) -> list[Outcome]:
    return [Outcome(*value) for value in values]


def _files_of(fingerprint: str) -> dict[str, bytes]:
    """The files of a data set that this process holds, by their names."""
    data = DataSpec(CONTENT, {"fingerprint": fingerprint}).make()
    with tempfile.TemporaryDirectory(prefix="genlab-data-") as folder:
        write_content(data, Path(folder, fingerprint))
        return {path.name: path.read_bytes() for path in Path(folder, fingerprint).iterdir()}


# What follows runs in Dask's workers.

# The folders of the data sets that this process has been sent, by fingerprint.
_FOLDERS: dict[str, str] = {}
_FOLDERS_LOCK = threading.Lock()


def run_on_worker(
    text: str, topic: str, every: float, fingerprints: list[str], *contents: dict[str, bytes]
) -> list[tuple[Any, ...]]:
    """Run a task in a Dask worker; its outcomes, and its progress as events of the topic."""
    from distributed import get_worker

    worker = get_worker()
    task = Task(*json.loads(text))
    worker.log_event(topic, {"begun": [key for keys in task.keys for key in keys]})
    for fingerprint, files in zip(fingerprints, contents, strict=True):
        task.contents[fingerprint] = _folder_of(fingerprint, files, worker.local_directory)
    outcomes: list[tuple[Any, ...]] = []
    last = time.monotonic()

    def emit(outcome: Outcome) -> None:
        nonlocal last
        if outcome.kind != "progress":
            outcomes.append(tuple(outcome))
        elif time.monotonic() > last + every:
            last = time.monotonic()
            loss = repr(outcome.train_loss)
            worker.log_event(
                topic, {"keys": outcome.keys, "step": outcome.step, "train_loss": loss}
            )

    run_task(task, emit)
    return outcomes


async def _stop_run(run: str) -> None:
    stop_run(run)


def _folder_of(fingerprint: str, files: dict[str, bytes], local_directory: str) -> str:
    with _FOLDERS_LOCK:
        if fingerprint not in _FOLDERS:
            folder = Path(tempfile.mkdtemp(prefix="genlab-data-", dir=local_directory))
            for name, content in files.items():
                (folder / name).write_bytes(content)
            _FOLDERS[fingerprint] = str(folder)
        return _FOLDERS[fingerprint]
