"""The right half of the desk: what the app, the browser and the providers have said."""

from __future__ import annotations

import threading
from typing import Any

from flask import Blueprint, Response

from workbook.flow.drawn import arrows, label_of
from workbook.flow.mermaid import to_mermaid
from workbook.flow.parameters import explain
from workbook.flow.pictures import to_svg

from .live import Live


def said_pages(live: Live) -> Blueprint:
    """What the right half of the desk loads."""
    pages = Blueprint("said", __name__)
    pictures = _Pictures()

    @pages.get("/live/said")
    def said() -> dict[str, Any]:
        return {
            "messages": [
                {
                    "from": label_of(arrow.sender),
                    "to": label_of(arrow.receiver),
                    "title": arrow.title,
                    "details": [
                        {"name": name, "value": value, **_explained(name, value)}
                        for name, value in arrow.details
                    ],
                }
                for arrow in arrows(live.flow())
            ],
        }

    @pages.get("/live/diagram.svg")
    def diagram() -> Response:
        svg = pictures.of(to_mermaid(live.flow()))
        return Response(svg, content_type="image/svg+xml", headers={"Cache-Control": "no-store"})

    @pages.post("/live/forget")
    def forget() -> tuple[str, int]:
        live.forget()
        return "", 204

    return pages


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


def _explained(name: str, value: str) -> dict[str, str]:
    explanation = explain(name, value)
    return {"meaning": explanation.sentence, "source": explanation.source} if explanation else {}
