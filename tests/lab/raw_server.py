"""A server that sends exactly the bytes of a test."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from email.message import Message
from email.parser import Parser

# The server's response to one request: these bytes, or a function that talks to the connection.
Answer = bytes | Callable[[socket.socket, threading.Event], None]


class RawServer:
    """Responds to the first request of the first connection with `script[0][0]`, to the next one with `script[0][1]`,
    and so on; after the last response it closes the connection. Use it in a `with`.

    `requests` are those of each connection: the first line, and the body.
    """

    def __init__(self, *script: Sequence[Answer]) -> None:
        self.requests: list[list[tuple[str, bytes]]] = []
        self.headers: list[Message] = []
        self.stopped = threading.Event()
        self._script = script
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> RawServer:
        return self

    def __exit__(self, *unused: object) -> None:
        self.stopped.set()
        with suppress(OSError):  # macOS: the socket is not connected
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join()

    def _listen(self) -> None:
        for answers in self._script:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.requests.append([])
            thread = threading.Thread(target=self._talk, args=(connection, answers, self.requests[-1]))
            self._threads.append(thread)
            thread.start()

    def _talk(
        self, connection: socket.socket, answers: Sequence[Answer], heard: list[tuple[str, bytes]]
    ) -> None:
        with connection, connection.makefile("rb") as stream, suppress(OSError):
            for answer in answers:
                first = stream.readline().decode().strip()
                if not first:
                    return
                headers = Parser().parsestr(b"".join(iter(stream.readline, b"\r\n")).decode())
                heard.append((first, stream.read(int(headers["Content-Length"] or 0))))
                self.headers.append(headers)
                if callable(answer):
                    answer(connection, self.stopped)
                else:
                    connection.sendall(answer)


def ok(body: bytes = b"", *headers: str, status: str = "200 OK") -> bytes:
    """A response with a body of a known length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def trickle(begin: bytes, piece: bytes) -> Answer:
    """Sends something, and then a piece again and again, without end and faster than any client gives up."""

    def answer(connection: socket.socket, stopped: threading.Event) -> None:
        connection.sendall(begin)
        while not stopped.wait(0.02):
            connection.sendall(piece)

    return answer


def silence(connection: socket.socket, stopped: threading.Event) -> None:
    """Sends nothing."""
    stopped.wait()
