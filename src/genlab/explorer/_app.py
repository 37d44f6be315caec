"""What the explorer's server answers, and to whom."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from genlab._base.errors import GenlabError

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

# Bytes of a question; the longest state has two thousand.
_MOST_BYTES = 64_000
_COOKIE = "genlab"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

#: Answers a question: its JSON values -> JSON values. TypeError and ValueError are the asker's.
Answer = Callable[[Any], Any]


def make_app(
    answers: Mapping[str, Answer],
    *,
    token: str,
    hosts: frozenset[str] | None,
    needs_token: bool,
) -> Starlette:
    """The application.

    Parameters
    ----------
    answers
        Name of a question, asked at /api/NAME -> the function that answers it, in a thread, as
        many at a time as there are cores.
    token
        Comes with every question; where `needs_token`, also in the link that opens the page.
    hosts
        The Hosts that are answered, each with its port; None answers to all, where a token is
        needed.
    needs_token
        Whether the page is shown only to who has the link with the token.
    """
    import hmac

    from anyio import CapacityLimiter, to_thread
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse
    from starlette.responses import Response as Plain
    from starlette.routing import Route

    from genlab.explorer._assets import assets, index

    files = {name: value for name, value in assets().items() if name != "index.html"}
    page = index(token).encode()
    limiter: list[CapacityLimiter] = []

    def has_token(given: str | None) -> bool:
        return given is not None and hmac.compare_digest(given.encode(), token.encode())

    def is_known(request: Request) -> bool:
        return not needs_token or has_token(request.cookies.get(_COOKIE))

    async def show(request: Request) -> Response:
        if needs_token and has_token(request.query_params.get("token")):
            answer = RedirectResponse("/", status_code=303)
            answer.set_cookie(_COOKIE, token, httponly=True, samesite="lax")
            return answer
        if not is_known(request):
            return PlainTextResponse("Open the link that genlab explore printed.", 403)
        return Plain(page, media_type="text/html")

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in files or not is_known(request):
            return PlainTextResponse("There is no such file.", 404)
        content, kind = files[name]
        return Plain(content, media_type=kind)

    async def ask(request: Request) -> Response:
        if not has_token(request.headers.get("x-genlab-token")) or not is_known(request):
            return _refused(403, "the question must come from the page")
        answer = answers.get(request.path_params["name"])
        if answer is None:
            return _refused(404, "there is no such question")
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > _MOST_BYTES:
                return _refused(413, f"a question has at most {_MOST_BYTES:,} bytes")
        try:
            given = json.loads(body) if body else {}
        except (ValueError, RecursionError):
            return _refused(400, "a question is JSON")
        if not limiter:
            limiter.append(CapacityLimiter(await to_thread.run_sync(_cores)))
        try:
            value = await to_thread.run_sync(answer, given, limiter=limiter[0])
            return JSONResponse(_plain(value))
        except (TypeError, ValueError) as error:
            return _refused(400, str(error))
        except (GenlabError, OSError) as error:
            return _refused(500, str(error))
        except Exception as error:  # the page shows a sentence, and the terminal where it arose
            traceback.print_exc()
            return _refused(500, f"{type(error).__name__}: {error}")

    def _refused(status: int, sentence: str) -> Response:
        text = sentence[:1].upper() + sentence[1:].rstrip(".") + "."
        return JSONResponse({"error": text}, status)

    return Starlette(
        routes=[
            Route("/", show),
            Route("/api/{name}", ask, methods=["GET", "POST"]),
            Route("/{name}", file),
        ],
        middleware=[Middleware(_Guard, hosts=hosts)],
    )


def _cores() -> int:
    from genlab.sweep import available_cores

    return available_cores()


def _plain(value: Any) -> Any:
    """JSON values: a number that is none becomes null."""
    from genlab._base.jsons import finite

    return finite(value)


class _Guard:
    """Refuses strange Hosts and Origins, and gives every answer its headers."""

    def __init__(self, app: Any, hosts: frozenset[str] | None) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        given = [value for name, value in scope["headers"] if name == b"host"]
        origins = [value for name, value in scope["headers"] if name == b"origin"]
        host = given[0].decode("latin-1").lower() if len(given) == 1 else ""
        known = bool(host) if self._hosts is None else host in self._hosts
        own = all(origin == b"http://" + host.encode("latin-1") for origin in origins)

        async def answer(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = [(k.lower().encode(), v.encode()) for k, v in _HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", ()), *headers]}
            await send(message)

        if known and own:
            await self._app(scope, receive, answer)
            return
        from starlette.responses import PlainTextResponse

        sentence = "This Host or Origin is not answered."
        await PlainTextResponse(sentence, 421 if own else 403)(scope, receive, answer)
