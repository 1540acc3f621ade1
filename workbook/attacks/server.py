"""Eve's server: her website, or a provider that is hers. It listens on the loopback address only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from workbook.flow.messages import APP, EVES_SERVER, EVES_SITE, Message
from workbook.flow.recording import Recorder
from workbook.providers.serving import Server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Her website. To a browser it is another site than the app.
EVIL = f"http://{EVES_SITE}"
# Her page on the app's own site, with another port. In production that is another name below the same domain, such as
# a page of hers at pages.example.org beside the app at app.example.org. Cookies, and SameSite, know no ports.
BESIDE = "http://localhost:8000"
# The paths of the app's own requests begin so, where her server is one of the app's providers.
ASKED_BY_APP = "/api"


@dataclass(frozen=True)
class Asked:
    """A request to Eve's server: its path, the parameters of its query string and its form, and its headers' names in
    lower case."""

    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]


# A response: status, headers, body.
Answer = tuple[str, list[tuple[str, str]], str]


class EvesServer:
    """Serves in a thread from the moment that it is made. `arrived` has the requests so far, `messages` those of the
    app and their responses. (A browser records its own.)"""

    def __init__(self) -> None:
        self.arrived: list[Asked] = []
        self.messages: list[Message] = []
        self._answers: dict[str, Callable[[Asked], Answer]] = {}
        recorded: WSGIApplication = Recorder(
            self._serve,
            self.messages.append,
            sender=lambda path, accept: APP if path.startswith(ASKED_BY_APP) else None,
            receiver=EVES_SERVER,
        )
        self._server = Server(recorded)
        self.port: int = self._server.port
        threading.Thread(target=self._server.run, name="Eve's server", daemon=True).start()

    def __enter__(self) -> EvesServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    def begin_anew(self) -> None:
        """Forgets its pages and all requests."""
        self.arrived.clear()
        self.messages.clear()
        self._answers.clear()

    def answer(self, path: str, with_: Callable[[Asked], Answer]) -> None:
        """From now on the function makes the responses to requests for that path."""
        self._answers[path] = with_

    def show_link(self, target: str) -> None:
        """From now on her website's front page has a link to `target`. A script could follow it at once."""
        self._show(f'<a href="{escape(target)}">Free kittens</a>')

    def show_frame(self, target: str) -> None:
        """From now on her website's front page has a frame with `target` in it, which nobody sees."""
        self._show(f'<iframe src="{escape(target)}" style="opacity: 0"></iframe>')

    def show_form(self, action: str, fields: Iterable[tuple[str, str]] = ()) -> None:
        """From now on her website's front page has a form that sends a POST to `action`. A script could send it at
        once."""
        inputs = "".join(f'<input name="{escape(name)}" value="{escape(value)}">' for name, value in fields)
        self._show(
            f'<form method="post" action="{escape(action)}">{inputs}<button>Free kittens</button></form>'
        )

    def _show(self, body: str) -> None:
        page = f"<!doctype html><title>Free kittens</title>{body}"
        self.answer("/", lambda asked: html(page))

    def _serve(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        form = environ["wsgi.input"].read(length).decode("utf-8", "replace") if length else ""
        parameters = [*parse_qsl(environ.get("QUERY_STRING", "")), *parse_qsl(form)]
        headers = {
            key.removeprefix("HTTP_").replace("_", "-").lower(): value
            for key, value in environ.items()
            if key.startswith("HTTP_")
        }
        asked = Asked(environ["PATH_INFO"] or "/", dict(parameters), headers)
        self.arrived.append(asked)
        answer = self._answers.get(asked.path)
        status, added, body = answer(asked) if answer else html("<!doctype html><title>Eve's website</title>")
        content = body.encode()
        start_response(status, [*added, ("Content-Length", str(len(content)))])
        return [content]


def html(page: str) -> Answer:
    """A response that is a page."""
    return "200 OK", [("Content-Type", "text/html; charset=utf-8")], page


def redirect(url: str) -> Answer:
    """A response that leads to another URL."""
    return "302 Found", [("Location", url)], ""


def json(text: str) -> Answer:
    """A response that is JSON."""
    return "200 OK", [("Content-Type", "application/json")], text
