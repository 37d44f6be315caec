"""How quickly the explorer follows a slider, starts, and serves a class; and what bad requests do.

    python -m benchmarks.explorer [--minutes 5] [--events 150] [--requests 1000] [--only PART]

Parts: "start" (from the command to the first page), "follow" (from an input event to the frame
that shows it), "flicker" (whether each frame of a drag shows the whole figure), "clients" (20
clients without a browser), "readers" (20 pages in one Chromium, on the server's own cores) and
"malformed".

It needs the extra `explore`, playwright and a Chromium. The exit status is 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks._browser import browser, dragged
from benchmarks._flicker import frames
from benchmarks._readers import read_pages

CLIENTS = 20
#: What is dragged -> the link's hash, the slider, the shares of its track, and the bars of median
#: and 95% in ms; None where there is none.
DRAGGED: dict[str, tuple[str, str, tuple[float, float], tuple[float, float | None]]] = {
    "Fit, hidden units 1 to 60": ("fit", "hidden", (0.0, 0.66), (33, 60)),
    "Fit, hidden units 60 to 200": ("fit", "hidden", (0.7, 1.0), (33, 60)),
    "Fit, noise": ("fit", "noise", (0.0, 1.0), (33, 60)),
    "Fit, examples 2 to 50": ("fit?hidden=30", "n", (0.0, 1.0), (33, 60)),
    "Trade-off, hidden units 1 to 200": ("tradeoff", "hidden", (0.0, 1.0), (100, None)),
    "Trade-off, noise": ("tradeoff", "noise", (0.0, 1.0), (100, None)),
}
#: What is dragged while the frames are looked at -> the link's hash, the slider, its track, and the
#: number of each plot with the colour of its curve.
LOOKED_AT: dict[str, tuple[str, str, tuple[float, float], list[tuple[int, str]]]] = {
    "Fit, hidden units 1 to 60": ("fit", "hidden", (0.0, 0.66), [(0, "fit")]),
    "Fit, noise": ("fit", "noise", (0.0, 1.0), [(0, "fit")]),
    "Trade-off, hidden units 1 to 200": (
        "tradeoff",
        "hidden",
        (0.0, 1.0),
        [(0, "error"), (1, "fit")],
    ),
    "Trade-off, noise": ("tradeoff", "noise", (0.1, 1.0), [(0, "error"), (1, "fit")]),
}
PARTS = ("start", "follow", "flicker", "clients", "readers", "malformed")


class Server(NamedTuple):
    """A running `genlab explore`."""

    link: str
    address: tuple[str, int]
    token: str
    process: subprocess.Popen[str]

    def kilobytes(self) -> int:
        """Its memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])  # type: ignore[index]

    def ask(self, body: str, **headers: str) -> int:
        """The status of the answer to a question about the parts of an error."""
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        given = {"X-Genlab-Token": self.token, **headers}
        connection.request("POST", "/api/parts", body.encode("utf-8", "replace"), given)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status


def main() -> int:
    """Run all parts; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=5, help="with 20 clients at once")
    parser.add_argument("--events", type=int, default=150, help="input events of each slider")
    parser.add_argument("--requests", type=int, default=1000, help="malformed requests")
    parser.add_argument("--only", choices=PARTS, action="append", help="a part, or several")
    given = parser.parse_args()
    parts = given.only or PARTS
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    missed: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        store = _filled(f"{folder}/store.db")
        if {"start", "follow", "flicker"} & set(parts):
            with browser() as chromium:
                if "start" in parts:
                    _start(chromium, store, missed)
                with _serving(store) as server:
                    if "follow" in parts:
                        _follow(chromium, server, given.events, missed)
                    if "flicker" in parts:
                        _flicker(chromium, server, given.events, missed)
        if {"clients", "readers", "malformed"} & set(parts):
            with _serving(store) as server:
                if "clients" in parts:
                    _clients(server, given.minutes, missed)
                if "readers" in parts:
                    _readers(server, given.minutes, missed)
                if "malformed" in parts:
                    _malformed(server, given.requests, missed)
    print("all bars are met" if not missed else f"missed: {'; '.join(missed)}")
    return 1 if missed else 0


@contextmanager
def _serving(store: str) -> Iterator[Server]:
    process = subprocess.Popen(
        [sys.executable, "-m", "genlab", "explore", "--no-browser", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "GENLAB_STORE": store},
    )
    try:
        assert process.stdout is not None
        link = process.stdout.readline().partition(": ")[2].strip()
        address = ("127.0.0.1", int(link.rstrip("/").rpartition(":")[2]))
        connection = http.client.HTTPConnection(*address, timeout=10)
        connection.request("GET", "/")
        page = connection.getresponse().read().decode()
        token = re.search(r'name="genlab-token" content="([\w-]+)"', page)
        assert token is not None
        yield Server(link, address, token[1], process)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def _filled(path: str) -> str:
    """The path of a store with a few runs and an opening of a test set."""
    from sklearn.dummy import DummyClassifier

    import genlab
    from genlab.sweep import CellResult, TrainingCell

    data = genlab.datasets.make_mnist1d(n_samples=100)
    recipe = genlab.Recipe.sgd(steps=1000, batch_size=None)
    steps = np.array(recipe.evaluation_steps())
    rng = np.random.default_rng(0)
    with genlab.sweep.Store(path) as store:
        for width in (5, 10, 20, 40):
            for seed in range(3):
                cell = TrainingCell(data.spec, genlab.models.MLP((width, width)), recipe, seed)
                falling = 0.9 * np.exp(-steps / 300) + 0.05 * rng.random(len(steps))
                result = CellResult(
                    steps=steps,
                    train_loss=falling,
                    test_loss=falling,
                    train_error=falling / 2,
                    test_error=falling,
                    test_wrong=rng.random(data.n_test) < falling[-1],
                    diverged_at=-1,
                    kept=len(steps) - 1,
                )
                store.put(cell, result, seconds=1.0, environment={})
        _, sealed = genlab.seal(data, store=store)
        sealed.open(DummyClassifier().fit(data.x_train, data.y_train), reason="a benchmark")
    return path


def _start(chromium: Any, store: str, missed: list[str]) -> None:
    """From the command to the first page that is drawn."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        with _serving(store) as server:
            page = chromium.new_page()
            page.goto(server.link)
            page.wait_for_function("document.querySelector('table.parts .number')?.textContent")
            times.append(time.perf_counter() - began)
            page.close()
    median = float(np.median(times))
    print(f"start to first page: median {median:.2f} s, most {max(times):.2f} s (bar 3 s)")
    if median > 3:
        missed.append("start to first page")


def _follow(chromium: Any, server: Server, n_events: int, missed: list[str]) -> None:
    """From an input event to the end of the frame that shows it."""
    print("| dragged | median | 95% | bars |")
    print("|---|---|---|---|")
    for name, (hash_, slider, track, bars) in DRAGGED.items():
        page = chromium.new_page(viewport={"width": 1366, "height": 768})
        page.goto(f"{server.link}#{hash_}")
        page.wait_for_timeout(1500)
        found = np.percentile(dragged(page, slider, n_events, track), [50, 95])
        page.close()
        shown = " and ".join(f"{bar:g} ms" for bar in bars if bar is not None)
        print(f"| {name} | {found[0]:.0f} ms | {found[1]:.0f} ms | {shown} |", flush=True)
        if any(bar is not None and value > bar for value, bar in zip(found, bars, strict=True)):
            missed.append(name)


def _state(rng: random.Random) -> dict[str, Any]:
    return {
        "hidden": rng.randint(1, 60),
        "n": rng.choice([10, 15, 20, 30]),
        "noise": round(rng.uniform(0, 1), 2),
        "ridge": rng.choice([0, 0, 0.01]),
        "fresh": rng.randint(0, 5),
    }


def _clients(server: Server, minutes: float, missed: list[str]) -> None:
    """Readers who load the page, and let a slider go every one to three seconds."""
    end = time.monotonic() + 60 * minutes
    times: list[float] = []
    errors: list[str] = []

    def read(number: int) -> None:
        rng = random.Random(number)
        connection = http.client.HTTPConnection(*server.address, timeout=60)
        turn = 0
        while time.monotonic() < end:
            began = time.perf_counter()
            try:
                if turn % 20 == 0:
                    _load(connection)
                connection.request(
                    "POST",
                    "/api/parts",
                    json.dumps(_state(rng)),
                    {"X-Genlab-Token": server.token},
                )
                answer = connection.getresponse()
                content = answer.read()
                if answer.status != 200:
                    errors.append(content.decode()[:200])
            except (OSError, http.client.HTTPException) as error:
                errors.append(repr(error))
                connection.close()
            times.append(time.perf_counter() - began)
            turn += 1
            time.sleep(rng.uniform(1, 3))

    server.ask("{}")
    threads = [threading.Thread(target=read, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    memory = []
    while any(thread.is_alive() for thread in threads):
        memory.append(server.kilobytes())
        time.sleep(min(5, 6 * minutes))
    median, most = 1000 * np.percentile(times, [50, 95])
    half = memory[len(memory) // 2 :]
    grown = max(half) / half[0] - 1
    print(
        f"{CLIENTS} clients for {minutes:g} min: {len(times):,} questions, {len(errors)} errors, "
        f"median {median:.0f} ms, 95% {most:.0f} ms (bar 500 ms); memory {memory[0] / 1e3:.0f} MB "
        f"at first, {half[0] / 1e3:.0f} MB half way, {memory[-1] / 1e3:.0f} MB at the end"
    )
    for error in errors[:3]:
        print(f"  {error}")
    if errors or median > 500 or grown > 0.1:
        missed.append("20 clients")


def _readers(server: Server, minutes: float, missed: list[str]) -> None:
    """Pages that are loaded, and whose sliders are dragged, by 20 readers in one Chromium."""
    server.ask("{}")
    found = read_pages(server.link, CLIENTS, minutes, server.kilobytes)
    if not found.loads or not found.answers:
        missed.append("20 pages: none was loaded, or none asked")
        print(f"{CLIENTS} pages: {found.turns} turns, {found.errors[:3]}")
        return
    load, answer = np.median(found.loads), np.percentile(found.answers, [50, 95])
    frame = np.percentile(found.frames or [np.nan], [50, 95])
    seconds, memory = np.array(found.samples).T
    half = seconds >= seconds[-1] / 2
    slope = np.polyfit(seconds[half] / 60, memory[half] / 1e3, 1)[0]
    print(
        f"{CLIENTS} pages for {minutes:g} min: {found.turns:,} turns, {len(found.loads)} loads, "
        f"median {load:.0f} ms; {len(found.answers):,} answers, median {answer[0]:.0f} ms, 95% "
        f"{answer[1]:.0f} ms (bars 500 ms); {len(found.frames):,} input events, to their frame "
        f"median {frame[0]:.0f} ms, 95% {frame[1]:.0f} ms; {len(found.errors)} errors; the "
        f"server's memory {memory[0] / 1e3:.0f} MB at first, {memory[len(memory) // 2] / 1e3:.0f} "
        f"MB half way, {memory[-1] / 1e3:.0f} MB at the end, in the second half {slope:+.2f} MB a "
        f"minute; load {os.getloadavg()[0]:.1f}"
    )
    for error in found.errors[:3]:
        print(f"  {error}")
    if found.errors or max(load, answer[0]) > 500 or slope * minutes / 2 > 0.1 * memory[-1] / 1e3:
        missed.append("20 pages")


def _flicker(chromium: Any, server: Server, n_events: int, missed: list[str]) -> None:
    """Frames of a drag in which a curve is not whole."""
    reader = chromium.new_page()
    for name, (hash_, slider, track, curves) in LOOKED_AT.items():
        page = chromium.new_page(viewport={"width": 1366, "height": 900}, reduced_motion="reduce")
        page.goto(f"{server.link}#{hash_}")
        page.wait_for_timeout(1500)
        found = frames(page, reader, slider, n_events, track, curves)
        page.close()
        print(
            f"{name}: {found.shown} frames, {found.broken} of them without the curve (bar 0); at "
            f"least {found.least:.0%} of its columns were seen",
            flush=True,
        )
        if found.broken or not found.shown:
            missed.append(f"flicker of {name}")
    reader.close()


def _load(connection: http.client.HTTPConnection) -> None:
    """The page and all that it loads."""
    connection.request("GET", "/")
    page = connection.getresponse().read().decode()
    for name in re.findall(r'(?:src|href)="([\w.]+)"', page):
        connection.request("GET", f"/{name}")
        answer = connection.getresponse()
        if not answer.read() or answer.status != 200:
            raise OSError(f"/{name}: status {answer.status}")


def _malformed(server: Server, n: int, missed: list[str]) -> None:
    """Bytes that are no request, requests that are refused, and questions that make no sense."""
    rng = random.Random(0)
    began, counts = time.perf_counter(), dict.fromkeys(("bytes", "questions"), 0)
    failed = 0
    for i in range(n):
        if i % 2:
            counts["bytes"] += 1
            with socket.create_connection(server.address, timeout=20) as connection:
                try:
                    connection.sendall(_strange_bytes(rng, server))
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65_536):
                        pass
                except ConnectionError:
                    pass  # it has hung up
        else:
            counts["questions"] += 1
            failed += server.ask(_strange_question(rng)) >= 500
    alive = server.process.poll() is None and server.ask("{}") == 200
    print(
        f"{n:,} malformed requests in {time.perf_counter() - began:.0f} s: "
        f"{'none' if failed == 0 else failed} answered with a failure of the server, "
        f"which {'lives' if alive else 'has ended'}; memory {server.kilobytes() / 1e3:.0f} MB"
    )
    if failed or not alive:
        missed.append("malformed requests")


def _strange_bytes(rng: random.Random, server: Server) -> bytes:
    whole = (
        f"{rng.choice(['GET', 'POST', 'PUT', 'OPTIONS', 'TRACE', 'CONNECT', 'PRI'])} "
        f"{rng.choice(['/', '/api/parts', '/../..', '/%00', '//', '*', 'http://a/'])} HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{server.address[1]}\r\n"
        f"Content-Length: {rng.choice(['0', '5', '-1', '99999999999999', 'x'])}\r\n"
        f"{rng.choice(['', 'Transfer-Encoding: chunked', 'Upgrade: websocket', 'Expect: 100'])}"
        "\r\n\r\n"
    ).encode() + rng.randbytes(rng.randint(0, 200))
    kind = rng.randrange(4)
    if kind == 0:
        return rng.randbytes(rng.randint(1, 5000))
    if kind == 1:  # some bytes are other ones
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 8)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        return bytes(damaged)
    if kind == 2:  # cut off, or far too long
        return whole[: rng.randrange(len(whole))] + b"A: " * rng.choice([0, 30_000])
    return whole


def _strange_question(rng: random.Random) -> str:
    values: list[Any] = [None, True, -1, 1e308, "x" * 1000, [], {}, [[]], "0", 2**70, "';--", "é\0"]
    kind = rng.randrange(3)
    if kind == 0:
        names = [*_state(rng), "sets", "drawn", "function", "__class__", "design", "points"]
        return json.dumps({name: rng.choice(values) for name in rng.sample(names, 4)})
    if kind == 1:
        return rng.choice(["[" * 40_000, "{", '"', "NaN", "x" * 70_000, '{"a":' * 9000, "", "\0"])
    text = json.dumps(_state(rng))
    i = rng.randrange(len(text))
    return text[:i] + rng.choice(["\0", "]", "1e999", '"', "\ud800", "-"]) + text[i + 1 :]


if __name__ == "__main__":
    sys.exit(main())
