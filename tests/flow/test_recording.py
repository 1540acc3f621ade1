"""The recorder stands outside: it changes nothing of what passes, and misses nothing, however an app answers."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from workbook.flow.messages import Message
from workbook.flow.recording import LONGEST_BODY, Recorder

DEADLINE = 5.0
App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, kind: str, message: str, *args: object) -> None:
        pass


@contextmanager
def served(app: App) -> Iterator[tuple[http.client.HTTPConnection, list[Message]]]:
    """A connection to the app behind a recorder, and what that has written down."""
    heard: list[Message] = []
    recorder = Recorder(app, heard.append, sender="browser", receiver="app")
    server = make_server("127.0.0.1", 0, recorder, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE)
    try:
        yield connection, heard
    finally:
        connection.close()
        server.shutdown()
        thread.join()
        server.server_close()


def answering(*parts: bytes, status: str = "200 OK", length: bool = True) -> App:
    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        headers = [("Content-Length", str(sum(map(len, parts))))] if length else []
        start(status, headers)
        return parts

    return app


def echo(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Answers with the request's body, read to its end."""
    length = environ.get("CONTENT_LENGTH")
    body = environ["wsgi.input"].read(int(length)) if length else environ["wsgi.input"].read()
    start("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@pytest.mark.parametrize(
    ("app", "method", "status", "body"),
    [
        (answering(b"all of it"), "GET", 200, b"all of it"),
        (answering(b"in ", b"parts"), "GET", 200, b"in parts"),
        (answering(b"no ", b"length", length=False), "GET", 200, b"no length"),
        (answering(b"not sent"), "HEAD", 200, b""),
        (answering(), "HEAD", 200, b""),
        (answering(status="204 No Content", length=False), "GET", 204, b""),
        (answering(status="304 Not Modified", length=False), "GET", 304, b""),
        (answering(b"x" * (2 * LONGEST_BODY + 1)), "GET", 200, b"x" * (2 * LONGEST_BODY + 1)),
        (answering(*[b"y" * 1000] * 200), "GET", 200, b"y" * 200_000),
        (answering(b"\xff\x00\xfe"), "GET", 200, b"\xff\x00\xfe"),
    ],
)  # fmt: skip
def test_whoever_has_the_whole_answer_finds_it_in_the_record(
    app: App, method: str, status: int, body: bytes
) -> None:
    with served(app) as (connection, heard):
        connection.request(method, "/a%20b?c=%26")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (status, body)
        asked, answered = heard
    assert (asked.is_request, asked.method, asked.path) == (True, method, "/a%20b")
    assert asked.url == f"http://127.0.0.1:{connection.port}/a%20b?c=%26"
    assert (answered.sender, answered.receiver, answered.status) == ("app", "browser", status)
    if method == "GET":
        assert answered.body == body[:LONGEST_BODY].decode("utf-8", "replace")
    assert answered.time >= asked.time


@pytest.mark.parametrize("size", [0, 1, LONGEST_BODY, LONGEST_BODY + 1, 3_000_000])
def test_the_app_gets_the_whole_body_of_a_request(size: int) -> None:
    sent = b"a=" + b"x" * size
    with served(echo) as (connection, heard):
        connection.request("POST", "/", sent, {"Content-Type": "application/x-www-form-urlencoded"})
        assert connection.getresponse().read() == sent
    asked, answered = heard
    assert asked.header("content-type") == "application/x-www-form-urlencoded"
    assert asked.body == (sent.decode() if len(sent) <= LONGEST_BODY else "")
    assert answered.body == sent[:LONGEST_BODY].decode()


def test_the_app_gets_a_body_in_chunks() -> None:
    with served(echo) as (connection, heard):
        connection.request("POST", "/", iter([b"in ", b"chunks"]), encode_chunked=True)
        assert connection.getresponse().read() == b"in chunks"
    assert [message.body for message in heard] == ["", "in chunks"]


@pytest.mark.parametrize("length", ["", "-1", "many"])
def test_a_length_that_is_none_is_left_to_the_app(length: str) -> None:
    heard: list[Message] = []
    recorder = Recorder(answering(b"ok"), heard.append, sender="browser", receiver="app")
    assert list(recorder({**ENVIRON, "CONTENT_LENGTH": length}, lambda *a: None)) == [b"ok"]
    assert [message.body for message in heard] == ["", "ok"]


def test_what_is_streamed_is_passed_on_at_once() -> None:
    """The app does not go on until the client has the first part: a recorder that waited would hang them both."""
    got_first, went_on = threading.Event(), []

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
        start("200 OK", [])
        yield b"first"
        went_on.append(got_first.wait(DEADLINE))
        yield b"second"

    with served(app) as (connection, heard):
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert answer.read(5) == b"first"
        assert [message.is_request for message in heard] == [True]
        got_first.set()
        assert answer.read() == b"second"
    assert went_on == [True]
    assert heard[1].body == "firstsecond"


ENVIRON = {
    "REQUEST_METHOD": "GET",
    "SERVER_NAME": "s",
    "SERVER_PORT": "1",
    "wsgi.url_scheme": "http",
    "PATH_INFO": "/p",
}


class Parts:
    """An iterable that knows how it was treated (PEP 3333: close() is called however the request ends)."""

    def __init__(self, *parts: bytes | Exception, close_fails: bool = False) -> None:
        self.left = list(parts)
        self.closed = 0
        self.close_fails = close_fails

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self.left:
            raise StopIteration
        part = self.left.pop(0)
        if isinstance(part, Exception):
            raise part
        return part

    def close(self) -> None:
        self.closed += 1
        if self.close_fails:
            raise OSError("close")


@pytest.mark.parametrize(
    ("parts", "taken", "status", "body"),
    [
        (Parts(b"a", b"b"), 2, 200, "ab"),
        (Parts(b"a", b"b"), 1, 200, "a"),
        (Parts(b"a", b"b"), 0, 200, ""),  # the client had gone before anything was sent
        (Parts(), 1, 200, ""),
        (Parts(b"a", ValueError()), 2, 200, "a"),  # too late for another status
        (Parts(ValueError()), 1, 500, ""),
        (Parts(b"a", close_fails=True), 1, 200, "a"),
    ],
)  # fmt: skip
def test_however_it_ends_it_is_closed_once_and_answered_once(
    parts: Parts, taken: int, status: int, body: str
) -> None:
    heard: list[Message] = []

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [])
        return parts

    def take() -> None:
        try:
            for _ in range(taken):
                next(passed, b"")
        finally:
            passed.close()  # type: ignore[attr-defined]

    before = len(parts.left)
    passed = iter(Recorder(app, heard.append, sender="browser", receiver="app")(ENVIRON, lambda *a: None))
    assert len(parts.left) == before, "nothing is taken before it is asked for"
    fails = parts.close_fails or any(isinstance(part, Exception) for part in parts.left)
    if fails:
        with pytest.raises((ValueError, OSError)):
            take()
    else:
        take()
    assert parts.closed == 1
    assert [(message.status, message.body) for message in heard] == [(None, ""), (status, body)]


@pytest.mark.parametrize("started", [False, True])
def test_an_app_that_raises_is_answered_for_with_500(started: bool) -> None:
    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if started:
            start("200 OK", [("Set-Cookie", "never=sent")])
        raise LookupError("the app's own")

    with served(app) as (connection, heard):
        connection.request("GET", "/")
        assert connection.getresponse().status == 500
        assert [message.status for message in heard] == [None, 500]
        assert heard[1].headers == ()


def test_an_error_page_in_the_place_of_a_begun_answer_is_what_is_recorded() -> None:
    """PEP 3333: start_response may be called again, with exc_info."""

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [])
        try:
            raise LookupError
        except LookupError as error:
            start("502 Bad Gateway", [("X-Second", "1")], (LookupError, error, None))
        return [b"sorry"]

    with served(app) as (connection, heard):
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (502, b"sorry")
    assert (heard[1].status, heard[1].header("x-second"), heard[1].body) == (502, "1", "sorry")


def test_the_answer_is_in_the_record_before_its_last_part_is_sent() -> None:
    heard: list[Message] = []
    recorder = Recorder(answering(b"a", b"b"), heard.append, sender="browser", receiver="app")
    known = [(part, len(heard)) for part in recorder(ENVIRON, lambda *a: None)]
    assert known == [(b"a", 1), (b"b", 2)]


def test_paths_that_are_nobodys_are_passed_through_unrecorded() -> None:
    heard: list[Message] = []
    app = answering(b"ok")
    recorder = Recorder(
        app, heard.append, sender=lambda path, accept: "app" if path == "/api" else None, receiver="twitter"
    )
    for path in ("/static/a.css", "/api"):
        assert list(recorder({**ENVIRON, "PATH_INFO": path}, lambda *a: None)) == [b"ok"]
    assert [(message.sender, message.path) for message in heard] == [("app", "/api"), ("twitter", "/api")]
