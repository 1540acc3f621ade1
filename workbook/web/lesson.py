"""The left half of the desk: the exercises and their verdicts."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from .live import Live


def lesson_pages(live: Live) -> Blueprint:
    """What the left half of the desk loads."""
    pages = Blueprint("lesson", __name__)

    @pages.get("/live/verdicts")
    def verdicts() -> dict[str, Any]:
        return {
            "app_error": live.app_error,
            "checking": live.checking,
            "verdicts": live.verdicts.to_json() if live.verdicts else None,
        }

    return pages
