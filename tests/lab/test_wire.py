"""The lab's browser keeps its connections as browsers do, and no server can keep it waiting without end."""

from __future__ import annotations

import gzip
import threading
import zlib
from http.client import BadStatusLine, HTTPException, IncompleteRead, RemoteDisconnected

import pytest

from workbook.lab.wire import LONGEST_BODY, MOST_TAGS, Headers, Wire

from .raw_server import Answer, RawServer, ok, silence, trickle

# Longer than anything takes on a slow machine, and how long a test waits for a timeout (seconds).
LONG, SHORT = 60.0, 0.3


class Asking:
    """A browser's connections to one server."""

    def __init__(self, server: RawServer) -> None:
        self.wire = Wire({"localhost:5000": ("127.0.0.1", server.port)})

    def ask(
        self, path: str = "/", method: str = "GET", body: bytes = b"", patience: float = LONG
    ) -> tuple[int, Headers, str]:
        headers = {"Host": "localhost:5000", **({"Content-Length": str(len(body))} if body else {})}
        return self.wire.ask(method, f"http://localhost:5000{path}", headers, body, patience)

    def text(self, path: str = "/", method: str = "GET", body: bytes = b"", patience: float = LONG) -> str:
        return self.ask(path, method, body, patience)[2]


def said(*answers: Answer) -> str:
    """The text of the last response; a server sends them all on one connection."""
    with RawServer(answers) as server:
        asking = Asking(server)
        texts = [asking.text() for _ in answers]
        assert len(server.requests) == 1
        asking.wire.close()
    return texts[-1]


def test_a_kept_connection_is_used_again() -> None:
    with RawServer([ok(b"one"), ok(b"two"), ok()], [ok(b"other")]) as server:
        asking = Asking(server)
        assert [asking.text("/1"), asking.text("/2", "POST", b"a=1"), asking.text("/3?q")] == [
            "one",
            "two",
            "",
        ]
        assert server.requests == [
            [("GET /1 HTTP/1.1", b""), ("POST /2 HTTP/1.1", b"a=1"), ("GET /3?q HTTP/1.1", b"")]
        ]
        asking.wire.close()
        assert asking.text() == "other", "a browser that was closed opens another connection"
        asking.wire.close()


def test_status_and_headers_come_as_they_are() -> None:
    with RawServer([ok(b"", "Set-Cookie: a=1", "X-A:  b", "Set-Cookie: b=\xe9", status="418 Tea")]) as server:
        status, headers, _ = Asking(server).ask()
    assert status == 418
    assert [value for name, value in headers if name == "Set-Cookie"] == ["a=1", "b=\u00c3\u00a9"]
    assert ("X-A", "b") in headers


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_one_that_the_server_closed_while_idle_is_opened_anew(method: str) -> None:
    with RawServer([ok(b"one")], [ok(b"two"), ok(b"three")]) as server:
        asking = Asking(server)
        body = b"a=1" if method == "POST" else b""
        assert [asking.text("/", method, body) for _ in range(3)] == ["one", "two", "three"]
        asking.wire.close()
    assert server.requests[1] == [(f"{method} / HTTP/1.1", body)] * 2


def test_a_request_goes_through_once_more_and_no_oftener() -> None:
    with RawServer([ok(), b""], [b""], [ok()]) as server:
        asking = Asking(server)
        asking.text()
        with pytest.raises(RemoteDisconnected):
            asking.text("/again", "POST", b"a=1")
        assert [len(heard) for heard in server.requests] == [2, 1]


def test_a_first_connection_that_is_closed_without_an_answer_is_not_tried_again() -> None:
    with RawServer([b""], [ok(b"two")]) as server:
        asking = Asking(server)
        with pytest.raises(RemoteDisconnected):
            asking.text("/first", "POST", b"a=1")
        assert server.requests == [[("POST /first HTTP/1.1", b"a=1")]]
        assert asking.text() == "two"
        asking.wire.close()


def test_a_connection_that_is_slow_is_not_tried_again() -> None:
    with RawServer([ok(), silence], [ok()]) as server:
        asking = Asking(server)
        asking.text()
        with pytest.raises(TimeoutError):
            asking.text(patience=SHORT)
        assert [len(heard) for heard in server.requests] == [2]


def test_nothing_listens() -> None:
    with RawServer() as server:
        asking = Asking(server)
    with pytest.raises(ConnectionRefusedError):
        asking.text()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CUT_SHORT = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
    "no body": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
    "in a chunk": CHUNKED + b"a\r\nshort",
    "after a chunk": CHUNKED + b"5\r\nshort\r\n",
    "in the size of a chunk": CHUNKED + b"5\r\nshort\r\n1",
    "no size of a chunk": CHUNKED + b"nonsense\r\nshort\r\n",
}


@pytest.mark.parametrize("kind", CUT_SHORT)
def test_a_body_that_is_cut_short_is_an_error(kind: str) -> None:
    with RawServer([CUT_SHORT[kind]], [ok(b"whole")]) as server:
        asking = Asking(server)
        with pytest.raises(IncompleteRead):
            asking.text()
        assert asking.text() == "whole", "that connection is not used again"
        asking.wire.close()


@pytest.mark.parametrize(
    "answer",
    [b"nonsense\r\n\r\n", b"HTTP/1.1 2000 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"x" * 70_000, b"\r\n"],
)
def test_what_is_no_response_is_an_error(answer: bytes) -> None:
    with RawServer([answer]) as server, pytest.raises(HTTPException):
        Asking(server).text()


def test_what_is_no_response_is_not_asked_for_again() -> None:
    with RawServer([ok(), b"nonsense\r\n\r\n"], [ok()]) as server:
        asking = Asking(server)
        asking.text()
        with pytest.raises(BadStatusLine):
            asking.text()
        assert [len(heard) for heard in server.requests] == [2]


TRICKLES = {
    "a body": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"x"),
    "a body without end": (b"HTTP/1.0 200 OK\r\n\r\n", b"x"),
    "chunks": (CHUNKED, b"1\r\nx\r\n"),
    "a chunk": (CHUNKED + b"FFFFF\r\n", b"x"),
    "the size of a chunk": (CHUNKED, b"0"),
    "what comes after the chunks": (CHUNKED + b"0\r\n", b"a: b\r\n"),
    "a header": (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"x"),
    "the status": (b"HTTP/1.1 ", b"2"),
    "that it goes on": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("kind", TRICKLES)
def test_patience_ends_whatever_trickles(kind: str) -> None:
    with RawServer([trickle(*TRICKLES[kind])]) as server:
        # The server runs until its test ends: a client with more patience never returns.
        late = threading.Timer(LONG, server.stopped.set)
        late.daemon = True
        late.start()
        with pytest.raises(TimeoutError):
            Asking(server).text(patience=SHORT)
        late.cancel()


def test_an_endless_body_is_cut() -> None:
    def endless(connection: object, stopped: threading.Event) -> None:
        while not stopped.is_set():
            connection.sendall(b"x" * 1024 * 1024)  # type: ignore[attr-defined]

    for begin in (b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"):

        def answer(connection: object, stopped: threading.Event, begin: bytes = begin) -> None:
            connection.sendall(begin)  # type: ignore[attr-defined]
            endless(connection, stopped)

        with RawServer([answer], [ok(b"next")]) as server:
            asking = Asking(server)
            assert asking.text() == "x" * LONGEST_BODY
            assert asking.text() == "next"
            asking.wire.close()


def squeezed(data: bytes, kind: int) -> bytes:
    squeezer = zlib.compressobj(wbits=kind)
    return squeezer.compress(data) + squeezer.flush()


TEXT = "äöü " * 1000
CODINGS = {
    "gzip": gzip.compress(TEXT.encode()),
    "GZIP": gzip.compress(TEXT.encode()),
    "x-gzip": gzip.compress(TEXT.encode()),
    "deflate": zlib.compress(TEXT.encode()),
    "Deflate": squeezed(
        TEXT.encode(), -zlib.MAX_WBITS
    ),  # without the header of zlib, as some servers have it
    "identity": TEXT.encode(),
    "unknown": TEXT.encode(),
}


@pytest.mark.parametrize("coding", CODINGS)
def test_content_codings(coding: str) -> None:
    answer = ok(CODINGS[coding], f"Content-Encoding: {coding}")
    assert said(answer, ok(), answer) == TEXT


def test_a_small_page_cannot_become_a_huge_one() -> None:
    huge = gzip.compress(bytes(3 * LONGEST_BODY), compresslevel=1)
    assert len(said(ok(huge, "Content-Encoding: gzip"))) == LONGEST_BODY


def test_a_page_of_too_many_elements_is_cut() -> None:
    assert said(ok(b"<b>x" * (MOST_TAGS + 5))).count("<") == MOST_TAGS - 1
    assert said(ok(b"<b>x" * 5)) == "<b>x" * 5


def test_what_only_says_that_it_is_compressed_is_shown_as_it_is() -> None:
    assert said(ok(b"plain", "Content-Encoding: gzip")) == "plain"
    assert said(ok(b"", "Content-Encoding: gzip")) == ""


CHARSETS = {
    "text/html": "é",
    "text/html; charset=utf-8": "é",
    'text/html; charset="UTF-8"': "é",
    "text/html; charset=iso-8859-1": "Ã©",
    "text/html; charset=": "é",
    "text/html; charset=nonsense": "é",
    "text/html; charset=hex": "é",
    "text/html; charset=idna": "é",
    "text/html; charset=punycode": "é",
    "text/html; charset=unicode_escape": "é",
    "text/html; charset=utf-7": "é",
    "text/html; charset=undefined": "é",
    "text/html; charset=\x00": "é",
    "nonsense": "é",
}


@pytest.mark.parametrize("kind", CHARSETS, ids=ascii)
def test_charsets(kind: str) -> None:
    assert said(ok("é".encode(), f"Content-Type: {kind}")) == CHARSETS[kind]


def test_bytes_that_are_no_characters_are_replaced() -> None:
    assert said(ok(b"a\xffb")) == "a\ufffdb"


WITHOUT_BODY = {
    "HEAD": ok(b"", status="200 OK").replace(b"Length: 0", b"Length: 5"),
    "HEAD, chunked": CHUNKED,
    "GET 204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "GET 304": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    "POST 204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "GET 100": b"HTTP/1.1 100 Continue\r\n\r\n" + ok(),
}


@pytest.mark.parametrize("kind", WITHOUT_BODY)
def test_what_has_no_body_leaves_the_connection_as_it_was(kind: str) -> None:
    with RawServer([WITHOUT_BODY[kind], ok(b"next")]) as server:
        asking = Asking(server)
        assert asking.text("/", kind.partition(" ")[0].rstrip(",")) == ""
        assert asking.text() == "next"
        assert len(server.requests) == 1
        asking.wire.close()


def test_chunks_are_put_together_and_the_connection_is_kept() -> None:
    chunks = CHUNKED + b"3\r\none\r\n4;ext=1\r\n two\r\n0\r\nTrailer: x\r\n\r\n"
    assert said(chunks, chunks) == "one two"


NOT_KEPT = {
    "Connection: close": ok(b"one", "Connection: close"),
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\none",
    "no length": b"HTTP/1.1 200 OK\r\n\r\none",
}


@pytest.mark.parametrize("kind", NOT_KEPT)
def test_a_connection_that_ends_with_its_response_is_not_kept(kind: str) -> None:
    with RawServer([NOT_KEPT[kind]], [ok(b"two")]) as server:
        asking = Asking(server)
        assert [asking.text(), asking.text()] == ["one", "two"]
        assert [len(heard) for heard in server.requests] == [1, 1]
        asking.wire.close()


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("", "/"),
        ("?a=1", "/?a=1"),
        ("/a?", "/a"),
        ("//a//b", "//a//b"),
        ("/a;b?c=/d?e", "/a;b?c=/d?e"),
        ("/a#b", "/a"),
    ],
)
def test_what_is_asked_for(path: str, target: str) -> None:
    with RawServer([ok()]) as server:
        Asking(server).text(path)
        assert server.requests == [[(f"GET {target} HTTP/1.1", b"")]]


def test_each_server_has_a_connection_of_its_own() -> None:
    with RawServer([ok(b"one"), ok(b"one")]) as one, RawServer([ok(b"two"), ok(b"two")]) as other:
        wire = Wire({"localhost:5000": ("127.0.0.1", one.port)})
        addresses = ["http://localhost:5000/", f"http://127.0.0.1:{other.port}/"] * 2
        assert [wire.ask("GET", address, {}, b"", LONG)[2] for address in addresses] == ["one", "two"] * 2
        wire.close()
        assert [len(one.requests), len(other.requests)] == [1, 1]
