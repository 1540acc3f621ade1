"""The desk: the page that `start` opens. lesson.py has its left half, said.py its right half."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

from flask import Flask, Response, abort, render_template

from workbook.providers.doors import NO_FRAMES

from .already import PATH
from .lesson import lesson_pages
from .live import Live, News
from .said import said_pages

# A page that has gone is noticed when something is sent to it (seconds).
PING = 15.0
# An app that prints without an end is told of so often (seconds).
GAP = 0.02
# The most pages that are kept up to date at a time. Each takes a thread of the providers' server, which has some left.
MOST_STREAMS = 32
# An app's text can be in any part of these pages. If a part of it ever became markup, it could not do anything.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A picture has its own style sheet, and nothing that runs.
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def desk(live: Live) -> Flask:
    """The page that shows `live`, and the parts that it loads."""
    page = Flask(__name__)
    page.register_blueprint(lesson_pages(live))
    page.register_blueprint(said_pages(live))
    streams = threading.BoundedSemaphore(MOST_STREAMS)

    @page.after_request
    def with_policy(response: Response) -> Response:
        picture = response.mimetype == "image/svg+xml"
        policy = {"Content-Security-Policy": PICTURE_POLICY if picture else POLICY}
        response.headers.update({**NO_FRAMES, **policy})
        return response

    @page.get("/")
    def show() -> str:
        return render_template("desk.html", live=live)

    @page.get(PATH)
    def which() -> dict[str, str]:
        return {"workbook": live.step}

    @page.get("/live/events")
    def events() -> Response:
        """Server-sent events: the run, and how often each half of the page has changed."""
        if not streams.acquire(blocking=False):
            abort(429)

        def stream() -> Iterator[str]:
            seen: News | None = None
            while True:
                now = live.wait_for_news(seen, PING)
                told = json.dumps({"run": live.run, **now._asdict()})
                yield ": still here\n\n" if now == seen else f"data: {told}\n\n"
                seen = now
                time.sleep(GAP)

        answer = Response(stream(), content_type="text/event-stream", headers={"Cache-Control": "no-store"})
        answer.call_on_close(streams.release)
        return answer

    return page
