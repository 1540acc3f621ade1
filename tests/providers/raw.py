"""Requests as bytes, also those that no HTTP library sends."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

# Longer than anything takes on a slow machine (seconds).
LONG = 60.0


class Answer(NamedTuple):
    """A response: its status, 0 where the connection ended without one, and the whole response."""

    status: int
    text: str


def sent(url: str, data: bytes, *, and_no_more: bool = False) -> Answer:
    """Sends bytes to the server of a URL, and reads until the server ends the connection. `and_no_more` half-closes the
    connection: nothing will follow."""
    parts = []
    with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=LONG) as connection:
        with suppress(
            ConnectionError
        ):  # the server may respond, and close the connection, before it has read all
            connection.sendall(data)
        if and_no_more:
            with suppress(OSError):  # the connection may be closed
                connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            while part := connection.recv(64 * 1024):
                parts.append(part)
    # An interim response (RFC 9110 section 15.2) does not count.
    text = b"".join(parts).decode("utf-8", "replace").removeprefix("HTTP/1.1 100 Continue\r\n\r\n")
    return Answer(int(text.split(" ", 2)[1]) if text.startswith("HTTP/1.") else 0, text)


def request(
    url: str,
    *,
    method: str = "GET",
    host: bytes | None = None,
    headers: dict[str, bytes] | None = None,
    body: bytes = b"",
) -> bytes:
    """A request for a URL after which the connection ends. `host` is its Host header; None means the URL's own host."""
    parts = urlsplit(url)
    lines = [f"{method} {parts.path}{'?' * bool(parts.query)}{parts.query} HTTP/1.1".encode()]
    lines.append(b"Host: " + (parts.netloc.encode() if host is None else host))
    lines += [name.encode() + b": " + value for name, value in (headers or {}).items()]
    if body or method != "GET":
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"Connection: close", b"", body])
