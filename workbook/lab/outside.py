"""A proxy between an app and the internet: it notes the host of each HTTPS request, and lets none through."""

from __future__ import annotations

import socketserver
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from types import TracebackType


class Outside:
    """A proxy for HTTPS on the loopback address. `hosts` are those that the app requested, as "api.github.com", in
    order.

    An app uses it if it finds `environment` in its own: urllib, requests and httpx all read that variable.
    """

    def __init__(self) -> None:
        self.hosts: list[str] = []
        hosts = self.hosts

        class Noted(StreamRequestHandler):
            def handle(self) -> None:
                # "CONNECT api.github.com:443 HTTP/1.1" (RFC 9110 section 9.3.6)
                method, _, rest = self.rfile.readline(1000).decode(errors="replace").partition(" ")
                if method == "CONNECT":
                    hosts.append(rest.partition(" ")[0].rpartition(":")[0])
                    self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

        class Proxy(ThreadingTCPServer):
            daemon_threads = True

        self._server: socketserver.BaseServer = Proxy(("127.0.0.1", 0), Noted)
        self.environment = {"HTTPS_PROXY": f"http://127.0.0.1:{self._server.server_address[1]}"}

    def __enter__(self) -> Outside:
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
