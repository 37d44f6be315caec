"""Whom the server answers, and with what."""

import http.client
import json
import re
import socket
import threading

import pytest

pytest.importorskip("uvicorn", reason="the extra `explore` is not installed")

from genlab.explorer import State, parts_of, served


@pytest.fixture(scope="module")
def server():
    with served(port=0, store="sqlite://") as running:
        host, port = re.fullmatch(r"http://([\d.]+):(\d+)/", running.link).groups()
        yield host, int(port)


def get(server, path="/", method="GET", body=None, **headers):
    connection = http.client.HTTPConnection(*server, timeout=60)
    connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    content = answer.read().decode()
    connection.close()
    return answer.status, dict(answer.getheaders()), content


@pytest.fixture(scope="module")
def token(server):
    return re.search(r'name="genlab-token" content="([\w-]{20,})"', get(server)[2]).group(1)


def test_the_page_and_its_files(server):
    status, headers, page = get(server)
    assert status == 200
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for name in re.findall(r'(?:src|href)="([\w.]+)"', page):
        status, headers, content = get(server, f"/{name}")
        assert (status, bool(content)) == (200, True)
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    ["/nothing.js", "/../_app.py", "/%2e%2e/_app.py", "//etc/passwd", "/page/fit.js", "/a/b"],
)
def test_no_other_file_is_there(server, path):
    assert get(server, path)[0] == 404


def test_strange_hosts_and_origins_are_refused(server):
    port = server[1]
    assert get(server, Host=f"localhost:{port}")[0] == 200
    for host in (f"evil.example:{port}", "127.0.0.1", "localhost", f"127.0.0.1:{port + 1}", ""):
        assert get(server, Host=host)[0] == 421
    own = f"http://localhost:{port}"
    assert get(server, Host=f"localhost:{port}", Origin=own)[0] == 200
    for origin in ("http://evil.example", "null", f"https://localhost:{port}", own + "0"):
        assert get(server, Host=f"localhost:{port}", Origin=origin)[0] == 403


def test_questions_need_the_token(server, token):
    body = json.dumps({"hidden": 3, "sets": 20})
    assert get(server, "/api/parts", "POST", body)[0] == 403
    assert get(server, "/api/parts", "POST", body, X_Genlab_Token="x" * 22)[0] == 403
    status, _, content = get(server, "/api/parts", "POST", body, X_Genlab_Token=token)
    assert (status, json.loads(content)) == (200, parts_of(State(hidden=3, sets=20)))


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ('{"hidden": 0}', 400, "`hidden` must be an integer from 1 to 200, got 0."),
        ("[" * 50_000, 400, "A question is JSON."),
        ("{", 400, "A question is JSON."),
        ('{"noise": NaN}', 400, "`noise` must be finite, got nan."),
        ('{"function": "__import__(\'os\')"}', 400, "`function` must be one of"),
        ('{"x": "' + "y" * 64_000 + '"}', 413, "A question has at most 64,000 bytes."),
    ],
)
def test_questions_that_are_refused(server, token, body, status, sentence):
    found, _, content = get(server, "/api/parts", "POST", body, X_Genlab_Token=token)
    assert found == status
    assert json.loads(content)["error"].startswith(sentence)


def test_malformed_requests_do_no_harm(server):
    for request in (
        b"\0" * 100,
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 9000,
        b"GET /" + b"x" * 70_000,
        b"POST /api/parts HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/parts HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ):
        with socket.create_connection(server, timeout=60) as connection:
            try:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(1000)
            except ConnectionError:
                pass  # it has hung up
    assert get(server)[0] == 200


def test_other_machines_need_the_link():
    with served("0.0.0.0", 0, store="sqlite://") as running:
        assert running.is_open
        port, token = re.search(r":(\d+)/\?token=([\w-]+)$", running.link).groups()
        server = ("127.0.0.1", int(port))
        assert get(server)[0] == 403
        assert get(server, "/fit.js")[0] == 404
        assert get(server, "/?token=" + "x" * 22)[0] == 403
        status, headers, _ = get(server, f"/?token={token}")
        assert status == 303
        cookie = headers["set-cookie"].partition(";")[0]
        assert "httponly" in headers["set-cookie"].lower()
        assert get(server, Cookie=cookie)[0] == 200
        assert get(server, Cookie=cookie, Origin="http://evil.example")[0] == 403


def test_a_taken_port_is_passed_over():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with served(port=port) as running:
            assert running.link != f"http://127.0.0.1:{port}/"
    assert threading.active_count() < 50
