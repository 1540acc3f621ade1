"""The live page, as a WSGI application."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, abort, render_template

from workbook.flow.drawn import arrows, label_of
from workbook.flow.mermaid import to_mermaid
from workbook.flow.parameters import explain
from workbook.flow.pictures import to_svg
from workbook.providers.doors import NO_FRAMES

from .live import Live

# A page that has gone is noticed when something is sent to it (seconds).
PING = 15.0
# So many pages are kept up to date at a time. Each takes a thread of the providers' server, which has some left then.
MOST_STREAMS = 32


def live_page(live: Live) -> Flask:
    """The page that shows `live`, and the parts that it loads."""
    page = Flask(__name__)
    pictures = _Pictures()

    streams = threading.BoundedSemaphore(MOST_STREAMS)

    @page.after_request
    def in_no_frame(response: Response) -> Response:
        response.headers.update(NO_FRAMES)
        return response

    @page.get("/")
    def show() -> str:
        return render_template("live.html", live=live)

    @page.get("/live/state")
    def state() -> dict[str, Any]:
        return _state(live)

    @page.get("/live/events")
    def events() -> Response:
        if not streams.acquire(blocking=False):
            abort(429)

        def stream() -> Iterator[str]:
            seen = -1
            while True:
                now = live.wait_for_change(seen, PING)
                yield ": still here\n\n" if now == seen else f"data: {now}\n\n"
                seen = now

        answer = Response(stream(), content_type="text/event-stream", headers={"Cache-Control": "no-store"})
        answer.call_on_close(streams.release)
        return answer

    @page.get("/live/diagram.svg")
    def diagram() -> Response:
        svg = pictures.of(to_mermaid(live.flow()))
        return Response(svg, content_type="image/svg+xml", headers={"Cache-Control": "no-store"})

    @page.post("/live/forget")
    def forget() -> tuple[str, int]:
        live.forget()
        return "", 204

    return page


class _Pictures:
    """Draws one picture at a time, and each only once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: tuple[str, str] | None = None

    def of(self, mermaid: str) -> str:
        with self._lock:
            if self._last is None or self._last[0] != mermaid:
                self._last = (mermaid, to_svg(mermaid))
            return self._last[1]


def _state(live: Live) -> dict[str, Any]:
    drawn = arrows(live.flow())
    return {
        "run": live.run,
        "version": live.version,
        "app_error": live.app_error,
        "checking": live.checking,
        "verdicts": live.verdicts.to_json() if live.verdicts else None,
        "messages": [
            {
                "from": label_of(arrow.sender),
                "to": label_of(arrow.receiver),
                "title": arrow.title,
                "details": [
                    {"name": name, "value": value, **_explained(name, value)} for name, value in arrow.details
                ],
            }
            for arrow in drawn
        ],
    }


def _explained(name: str, value: str) -> dict[str, str]:
    explanation = explain(name, value)
    return {"meaning": explanation.sentence, "source": explanation.source} if explanation else {}
