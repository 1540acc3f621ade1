"""A browser's side of HTTP: requests over connections that are kept, as browsers keep them."""

from __future__ import annotations

import contextlib
import socket
import time
import zlib
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection, IncompleteRead, RemoteDisconnected
from typing import Any
from urllib.parse import urlsplit

# The longest body of a page (bytes). The lab has no longer pages.
LONGEST_BODY = 8 * 1024 * 1024
_PART = 64 * 1024
_ANY = 32 + zlib.MAX_WBITS  # gzip or zlib, whichever it is

Headers = tuple[tuple[str, str], ...]


class Wire:
    """The connections of one browser, one for each server. `known` has the real place of a host and port
    ("localhost:5000"), where it is different. `made_up` has that of hosts that are made up. They have no certificates,
    so a URL with https leads to them without TLS."""

    def __init__(
        self, known: Mapping[str, tuple[str, int]], made_up: Mapping[str, tuple[str, int]] | None = None
    ) -> None:
        self._known = {**known, **(made_up or {})}
        self._made_up = made_up or {}
        self._kept: dict[tuple[str, str], HTTPConnection] = {}

    def close(self) -> None:
        """Closes every connection."""
        while self._kept:
            self._kept.popitem()[1].close()

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, patience: float
    ) -> tuple[int, Headers, str]:
        """Sends a request; returns the status, the headers and the body of the response.

        TimeoutError where that takes longer than `patience` seconds, ConnectionRefusedError where nothing listens,
        another OSError or HTTPException where the connection ends early.
        """
        parts = urlsplit(url)
        until = time.monotonic() + patience
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        place = parts.scheme, parts.netloc
        used_before = place in self._kept
        connection = self._kept.pop(place, None) or self._connection(*place)
        try:
            try:
                response = _send(connection, method, target, headers, body, until)
            except (ConnectionError, RemoteDisconnected):
                # A server may end an idle connection; browsers then try once more (RFC 9110 section 9.2.2 allows it
                # before any response).
                if not used_before:
                    raise
                connection.close()
                response = _send(connection, method, target, headers, body, until)
            received = tuple(response.getheaders())
            text = _text(response, _body(response, until))
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            self._kept[place] = connection
        return response.status, received, text

    def _connection(self, scheme: str, netloc: str) -> HTTPConnection:
        parts = urlsplit(f"//{netloc}")
        host, port = self._known.get(netloc) or (parts.hostname or "", parts.port)
        with_tls = scheme == "https" and netloc not in self._made_up
        return (HTTPSConnection if with_tls else _Connection)(host, port)


class _Socket(socket.socket):
    """A socket that reads nothing after a moment (of time.monotonic), however little comes each time."""

    until = 0.0

    def recv_into(self, *arguments: Any) -> int:
        self.settimeout(_left(self.until))
        return super().recv_into(*arguments)


class _Connection(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        self.sock = _Socket(fileno=self.sock.detach())


def _left(until: float) -> float:
    """The seconds until a moment; TimeoutError if it has passed."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _send(
    connection: HTTPConnection,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
    until: float,
) -> HTTPResponse:
    connection.timeout = _left(until)
    if connection.sock is None:
        connection.connect()
    connection.sock.settimeout(_left(until))
    if isinstance(connection.sock, _Socket):
        connection.sock.until = until
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders(body or None)
    return connection.getresponse()


def _body(response: HTTPResponse, until: float) -> bytes:
    """The body, as far as it comes in time and is not too long."""
    parts = []
    left = LONGEST_BODY
    while left > 0 and (part := response.read1(min(_PART, left))):
        parts.append(part)
        left -= len(part)
        _left(until)
    if left <= 0:
        response.will_close = True
    elif response.length:
        raise IncompleteRead(b"", response.length)
    response.close()  # the connection is free for the next request
    return b"".join(parts)


def _text(response: HTTPResponse, body: bytes) -> str:
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    # Some servers leave the header of zlib out of "deflate"; browsers accept both.
    for kind in {"gzip": (_ANY,), "x-gzip": (_ANY,), "deflate": (_ANY, -zlib.MAX_WBITS)}.get(coding, ()):
        with contextlib.suppress(zlib.error):
            body = zlib.decompressobj(kind).decompress(body, LONGEST_BODY)
            break
    charset = response.headers.get_content_charset() or "utf-8"
    try:
        return body.decode(charset, "replace")
    except (LookupError, ValueError):  # there is no such encoding, or it is not for pages
        return body.decode("utf-8", "replace")
