"""A wrapper around a WSGI application that writes down what it is asked and what it answers.

It stands outside the application: it changes nothing in what passes, streams what is streamed, and closes
what has to be closed.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .messages import Message

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# A longer answer is cut in the record, and the body of a longer request is left out of it. The wire has them whole.
LONGEST_BODY = 64 * 1024


class Recorder:
    """Wraps `application`; gives each request, and later its response, to `sink` as a Message.

    `sender` and `receiver` name the two ends: a string, or a function from the path of the request to one, for the
    sender from the path and the header Accept (the providers are asked by browsers on some paths and by the app on
    others; None leaves that request out).
    """

    def __init__(
        self,
        application: WSGIApplication,
        sink: Callable[[Message], None],
        *,
        sender: str | Callable[[str, str], str | None],
        receiver: str | Callable[[str], str | None],
    ) -> None:
        self.application = application
        self.sink = sink
        self.sender = sender if callable(sender) else lambda path, accept: sender
        self.receiver = receiver if callable(receiver) else lambda path: receiver

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        sender, receiver = self.sender(path, environ.get("HTTP_ACCEPT", "")), self.receiver(path)
        if sender is None or receiver is None:
            return self.application(environ, start_response)
        arrived = time.monotonic()
        body = _take_body(environ)
        request = Message(
            sender=sender,
            receiver=receiver,
            time=arrived,
            method=environ["REQUEST_METHOD"],
            url=_address(environ),
            headers=tuple(_request_headers(environ)),
            body=body.decode("utf-8", "replace"),
        )
        self.sink(request)
        answer = _Answer(request, start_response, self.sink)
        try:
            return answer.of(self.application(environ, answer.start))
        except BaseException:
            answer.failed()
            raise


class _Answer:
    """An application's answer: passes the parts on as they come, and is written down before the last one is sent.

    Whoever got the whole answer must find it in the record. Where its length was not announced, the end is only
    known afterwards.
    """

    def __init__(
        self, request: Message, start_response: StartResponse, sink: Callable[[Message], None]
    ) -> None:
        self._request = request
        self._start_response = start_response
        self._sink = sink
        self._status = 500
        self._headers: tuple[tuple[str, str], ...] = ()
        self._announced = float("inf")
        self._kept = bytearray()
        self._passed = 0
        self._sent: float | None = None
        self._written = False

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], object]:
        """What the application calls for start_response (PEP 3333)."""
        self._status = int(status.split(" ", 1)[0])
        self._headers = tuple(headers)
        self._announced = _announced_length(headers)
        if exc_info:
            return self._start_response(status, headers, exc_info)
        return self._start_response(status, headers)

    def of(self, parts: Iterable[bytes]) -> _Answer:
        """The same, with what the application returned."""
        self._parts = parts
        self._rest = iter(parts)
        return self

    def failed(self) -> None:
        """Writes down what the server answers for an application that raised."""
        if not self._passed:
            self._status, self._headers = 500, ()
        self._write()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            part = next(self._rest)
        except StopIteration:
            self._write()
            raise
        except BaseException:
            self.failed()
            raise
        self._sent = time.monotonic() if self._sent is None else self._sent
        self._kept += part[: max(0, LONGEST_BODY - len(self._kept))]
        self._passed += len(part)
        if self._passed >= self._announced:
            self._write()
        return part

    # Not a generator: the close() of one that was never begun, for a client that left early, does nothing.
    def close(self) -> None:
        """Closes what the application returned."""
        try:
            close = getattr(self._parts, "close", None)
            if close is not None:
                close()
        finally:
            self._write()

    def _write(self) -> None:
        if self._written:
            return
        self._written = True
        self._sink(
            Message(
                sender=self._request.receiver,
                receiver=self._request.sender,
                time=time.monotonic() if self._sent is None else self._sent,
                method=self._request.method,
                url=self._request.url,
                status=self._status,
                headers=self._headers,
                body=bytes(self._kept).decode("utf-8", "replace"),
            )
        )


def _announced_length(headers: Iterable[tuple[str, str]]) -> float:
    lengths = [value for name, value in headers if name.lower() == "content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else float("inf")


def _take_body(environ: WSGIEnvironment) -> bytes:
    """Reads the request's body and puts it back for the application."""
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if not 0 < length <= LONGEST_BODY:
        return b""
    body: bytes = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _address(environ: WSGIEnvironment) -> str:
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    path = quote((environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1"))
    query = environ.get("QUERY_STRING", "")
    return f"{environ['wsgi.url_scheme']}://{host}{path}" + (f"?{query}" if query else "")


@lru_cache
def _header_name(key: str) -> str:
    """The name of a header, by its key in the environment (PEP 3333)."""
    return key.removeprefix("HTTP_").replace("_", "-").title()


def _request_headers(environ: WSGIEnvironment) -> Iterator[tuple[str, str]]:
    for key, value in environ.items():
        if key.startswith("HTTP_"):
            yield _header_name(key), value
    if environ.get("CONTENT_TYPE"):
        yield "Content-Type", environ["CONTENT_TYPE"]
