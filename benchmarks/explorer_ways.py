"""Two ways to let the page "Fit" follow a slider: an engine in the page, or a server's library.

    python -m benchmarks.explorer_ways [--events 150]

Both draw the same page with 200 fresh data sets, in Chromium, while a slider is dragged. The second
way asks the library over a WebSocket on this machine: one question under way at a time, the newest
value next. What is measured is the time from the browser's input event to the end of the frame that
shows its value. It needs playwright, starlette, uvicorn and websockets, and a Chromium.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from benchmarks._browser import browser, dragged
from genlab._base.threads import one_blas_thread

# In place of the engine: fits and parts as the server sent them last.
_ASKING = """
(() => {
  const socket = new WebSocket(`ws://${location.host}/ws`);
  socket.binaryType = "arraybuffer";
  const inPage = { fresh: Engine.fresh, parts: Engine.parts };
  let asked = null, wanted = null, answer = null;
  const send = () => {
    if (asked || !wanted || socket.readyState !== 1) return;
    asked = wanted; wanted = null;
    socket.send(JSON.stringify(asked.state));
  };
  socket.onopen = send;
  socket.onmessage = ({ data }) => {
    const length = new Uint32Array(data.slice(0, 4))[0];
    const text = new TextDecoder().decode(new Uint8Array(data, 4, length));
    const { average, hidden } = JSON.parse(text);
    const values = new Float64Array(data.slice(4 + length + (4 - length % 4) % 4));
    const R = asked.state.sets, K = R * (hidden + 1);
    answer = {
      average, hidden, knots: values.subarray(0, K), mean: values.subarray(K, K + 100),
      variance: values.subarray(K + 100, K + 200), truth: values.subarray(K + 200, K + 300),
    };
    drawnUpTo = asked.upTo;
    asked = null;
    App.request();
    send();
  };
  let drawnUpTo = 0;
  window.shownUpTo = () => drawnUpTo;
  document.addEventListener("input", () => {
    const upTo = window.inputs;
    queueMicrotask(() => { wanted = { state: { ...App.state }, upTo }; send(); });
  });
  Engine.fresh = (state, many) =>
    answer ? { ...answer, D: answer.hidden } : inPage.fresh(state, many);
  Engine.parts = (state, fits, many) => {
    if (!answer) return inPage.parts(state, fits, many);
    const bias_squared = { ...answer.average.bias_squared, interval: () => ({}) };
    const average = { ...answer.average, bias_squared };
    return { mean: answer.mean, variance: answer.variance, average };
  };
  window.ready = () => socket.readyState === 1;
})();
"""


def _answer(text: str) -> bytes:
    """What the library measures at a state, and all fits' values at their knots."""
    from genlab.datasets import make_toy_regression
    from genlab.models import HingeRegression
    from genlab.studies import decompose

    state = json.loads(text)
    problem = make_toy_regression(state["n"], state["noise"], state["design"], state["function"])
    model = HingeRegression(state["hidden"], state["ridge"])
    parts = decompose(model, problem, state["sets"], seed=state["fresh"])
    samples = problem.fresh(state["sets"], seed=state["fresh"])
    with one_blas_thread():
        fits = model.fit(samples.x, samples.y)
        knots = fits.predict(np.arange(state["hidden"] + 1) / state["hidden"])
    names = ("noise", "bias_squared", "variance", "error")
    average = {name: getattr(parts.average, name).row() for name in names}
    head = json.dumps({"average": average, "hidden": state["hidden"]}).encode()
    arrays = (knots, parts.prediction.mean, parts.at_inputs.variance.mean, parts.truth)
    body = b"".join(np.ascontiguousarray(array, dtype=np.float64).tobytes() for array in arrays)
    return len(head).to_bytes(4, "little") + head + b"\0" * (-len(head) % 4) + body


@contextmanager
def _serving() -> Iterator[str]:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import Response
    from starlette.routing import Route, WebSocketRoute

    from genlab.explorer._assets import assets, index

    async def show(request: Any) -> Response:
        name = request.path_params.get("name")
        if name is None:
            return Response(index(), media_type="text/html")
        content, kind = assets()[name]
        return Response(content, media_type=kind)

    async def talk(socket_: Any) -> None:
        await socket_.accept()
        async for text in socket_.iter_text():
            await socket_.send_bytes(await run_in_threadpool(_answer, text))

    app = Starlette(routes=[Route("/", show), WebSocketRoute("/ws", talk), Route("/{name}", show)])
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join()


#: What is dragged -> the link's state, the slider, and between which shares of its track it goes.
CASES = {
    "hidden units 1 to 60, 15 examples": ("", "hidden", (0.0, 0.66)),
    "hidden units 60 to 200, 15 examples": ("", "hidden", (0.7, 1.0)),
    "hidden units 1 to 60, 50 examples": ("n=50", "hidden", (0.0, 0.66)),
    "noise, 12 hidden units, ridge 0.01": ("hidden=12&ridge=0.01", "noise", (0.0, 1.0)),
}


def main() -> None:
    """Measure both ways and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=150, help="input events a case")
    n_events = parser.parse_args().events
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print("| dragged | engine in the page | library on a server |")
    print("|---|---|---|")
    _answer(
        json.dumps(
            {
                "hidden": 5,
                "n": 15,
                "noise": 0.3,
                "ridge": 0,
                "sets": 20,
                "fresh": 0,
                "design": "stratified",
                "function": "sine",
            }
        )
    )  # what it imports is there
    with _serving() as link, browser() as chromium:
        for name, (query, slider, track) in CASES.items():
            cells = []
            for script in ("", _ASKING):
                page = chromium.new_page(viewport={"width": 1366, "height": 768})
                page.goto(f"{link}#fit?{query}")
                if script:
                    page.evaluate(script)
                    page.wait_for_function("window.ready()")
                time.sleep(1)
                times = dragged(page, slider, n_events, track)
                median, most = np.percentile(times, [50, 95])
                cells.append(f"{median:.0f} / {most:.0f} ms ({len(times)})")
                page.close()
            print(f"| {name} | {' | '.join(cells)} |", flush=True)
    print("median / 95% (number of input events)")


if __name__ == "__main__":
    main()
