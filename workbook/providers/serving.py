"""Serves a WSGI application on the loopback address: the providers, and the apps that are checked.

The server is waitress. It keeps connections, handles each request in one of its threads, bounds the size of requests,
and takes a quarter of the time of Werkzeug's development server.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import WSGITask

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

# The name under which an application finds the function that ends the connection without a response.
HANG_UP = "workbook.hang_up"

# The default for the longest accepted request: its headers, and its body (bytes).
LONGEST_HEADERS = 256 * 1024
LONGEST_BODY = 1024 * 1024
# How long a connection may be idle before it is closed (seconds).
_IDLE = 60
# The longest time for a request, from its first byte to its last; a half-sent request ends then (seconds).
HALF_SENT = 30.0
# How often the server looks for both (seconds).
_LOOK = 5
# The largest number of connections. For one more, the one that has been idle longest is closed. macOS gives a process
# 256 files.
MOST_CONNECTIONS = 200
# How long `stop` waits for unfinished responses (seconds).
_A_MOMENT = 1


class _Task(WSGITask):
    """A request. Where the application ends its thread (SystemExit), or says so, the connection ends without a
    response, as it does under `flask run`."""

    def execute(self) -> None:
        try:
            super().execute()
        except Exception:
            raise
        except BaseException:
            self._hang_up()
            # waitress then ends the request, as when the client has closed the connection.
            raise ConnectionAbortedError from None

    def get_environment(self) -> WSGIEnvironment:
        environ: WSGIEnvironment = super().get_environment()
        environ[HANG_UP] = self._hang_up
        return environ

    def _hang_up(self) -> None:
        if self.channel.socket is not None:
            with suppress(OSError):  # the client may have closed it already
                self.channel.socket.shutdown(socket.SHUT_RDWR)


class _Parser(HTTPRequestParser):
    """A request that is whole, or rejected, at its last header waits for no "100 Continue" (RFC 9110 section 10.1.1):
    waitress would wait for more of it."""

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if self.completed:
            self.expect_continue = False
        return consumed


class _Channel(HTTPChannel):
    task_class = _Task
    parser_class = _Parser
    begun = 0.0  # when the first byte of the unfinished request came (seconds since 1970)

    def received(self, data: bytes) -> bool:
        before = self.request
        going_on: bool = super().received(data)
        if self.request is not before:
            self.begun = time.time()
        return going_on

    @property
    def is_idle(self) -> bool:
        """Whether the connection may be closed: the server handles no request of it."""
        return not self.requests and not self.will_close


class _Http(TcpWSGIServer):
    """The other threads wake the thread of `run` by a pipe. After the pipe is closed they must not write to it: another
    file may have its number."""

    channel_class = _Channel

    def __init__(self, *arguments: Any, **more: Any) -> None:
        self._waking = threading.Lock()
        self._ended = False
        super().__init__(*arguments, **more)

    def handle_accept(self) -> None:
        channels = self._channels()
        idle = [channel for channel in channels if channel.is_idle]
        if len(channels) >= MOST_CONNECTIONS and idle:
            min(idle, key=lambda channel: channel.last_activity).will_close = True
        super().handle_accept()

    def maintenance(self, now: int) -> None:
        super().maintenance(now)
        for channel in self._channels():
            if channel.request is not None and channel.is_idle and channel.begun < now - HALF_SENT:
                channel.will_close = True

    def _channels(self) -> list[_Channel]:
        every: Any = self.active_channels
        return list(every.values())

    def pull_trigger(self) -> None:
        with self._waking:
            if not self._ended:
                super().pull_trigger()

    def end(self) -> None:
        """Closes every connection, in the thread of `run`, and so ends it."""
        with self._waking:
            self.trigger.pull_trigger(self._close_all)  # type: ignore[attr-defined]

    def _close_all(self) -> None:
        with self._waking:
            self._ended = True
        wasyncore.close_all(self._map, ignore_all=True)  # type: ignore[attr-defined]


class Server:
    """Serves `application` on 127.0.0.1, from `run` until `stop`, with as many requests at a time as it has `threads`.
    Its responses have its `name` as their Server header. `longest_headers` and `longest_body` bound a request (bytes).

    With `port` 0 it takes a free port; `listening` is a socket that listens already, instead of a port.
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        port: int = 0,
        listening: socket.socket | None = None,
        threads: int = 8,
        name: str | None = None,
        longest_headers: int = LONGEST_HEADERS,
        longest_body: int = LONGEST_BODY,
    ) -> None:
        # waitress warns of more requests than threads, and of threads left at the end. No user needs these warnings.
        logging.getLogger("waitress").setLevel(logging.ERROR)
        if listening is None:
            listening = socket.socket()
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(("127.0.0.1", port))
        self._server = _Http(
            application,
            map={},
            _sock=listening,
            sockinfo=(listening.family, listening.type, listening.proto, listening.getsockname()),
            bind_socket=False,
            threads=threads,
            ident=name,
            server_name="127.0.0.1",
            clear_untrusted_proxy_headers=False,
            channel_timeout=_IDLE,
            cleanup_interval=_LOOK,
            connection_limit=2 * MOST_CONNECTIONS,
            max_request_header_size=longest_headers,
            max_request_body_size=longest_body,
            log_socket_errors=False,
            asyncore_use_poll=True,
        )
        self._stopped = False
        self.port: int = listening.getsockname()[1]

    def run(self) -> None:
        """Serves until `stop` is called from another thread."""
        self._server.run()

    def stop(self) -> None:
        """Ends `run` and every connection. Unfinished responses have a moment to end. A second call is harmless."""
        if self._stopped:
            return
        self._stopped = True
        self._server.task_dispatcher.shutdown(timeout=_A_MOMENT)
        self._server.end()
