"""The right half of the desk: what the app, the browser and the providers have said, and what the app has printed."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, abort, request

from workbook.flow.compare import Difference, Mode, compare
from workbook.flow.drawn import PROVIDER_LABELS, Arrow, arrows, participants
from workbook.flow.mermaid import to_mermaid
from workbook.flow.pictures import to_svg
from workbook.flow.sequence import to_page_svg
from workbook.flow.whole import whole

from .expected import expected_arrows, expected_flows
from .live import Live
from .logins import Login

# How wide a picture is where the page does not say it (px).
_WIDTH = 780
_NOT_KEPT = {"Cache-Control": "no-store"}


def said_pages(live: Live) -> Blueprint:
    """What the right half of the desk loads."""
    pages = Blueprint("said", __name__)

    @pages.app_context_processor
    def known() -> dict[str, Any]:
        return {"provider_labels": PROVIDER_LABELS}

    def login_or_404(number: int) -> Login:
        found = next((login for login in live.logins() if login.number == number), None)
        return found or abort(404)

    @pages.get("/live/said")
    def said() -> dict[str, Any]:
        """The logins; and the one with the number `login`, or the newest, unless the page has `shown` it already. Its
        picture is `width` px wide."""
        kept = live.logins()
        number = request.args.get("login", type=int)
        login = next((one for one in kept if one.number == number), kept[-1] if kept else None)
        shown = f"{login.number}.{login.version}" if login else ""
        answer: dict[str, Any] = {
            "logins": [{"number": one.number, "title": one.title, "name": one.name} for one in kept],
            "expected": [{"name": name, "title": title} for name, title in expected_flows(live.step)],
            "shown": shown,
        }
        if login and request.args.get("shown") != shown:
            answer["login"] = {"number": login.number, **_drawing(arrows(login.flow()), login.title)}
        return answer

    @pages.get("/live/said/<int:login>/<int:number>")
    def message(login: int, number: int) -> dict[str, Any]:
        """A whole message."""
        flow = login_or_404(login).flow()
        # A page can show the token of an earlier login.
        before = tuple(one for other in live.logins() if other.number != login for one in other.messages)
        found = whole(replace(flow, before=before), number)
        return {**found.to_json(), "count": len(flow)} if found else abort(404)

    @pages.get("/live/said/<int:login>/flow.<any(svg, mmd):kind>")
    def saved(login: int, kind: str) -> Response:
        """A login as a file."""
        found = login_or_404(login)
        text = to_mermaid(found.flow())
        body, content_type = (to_svg(text), "image/svg+xml") if kind == "svg" else (text, "text/plain")
        disposition = f'attachment; filename="{found.file_name}.{kind}"'
        return Response(
            body,
            content_type=f"{content_type}; charset=utf-8",
            headers={**_NOT_KEPT, "Content-Disposition": disposition},
        )

    @pages.get("/live/said/<int:login>/beside")
    def beside(login: int) -> dict[str, Any]:
        """A login beside another one, or beside a flow of the chapter: the first difference."""
        mine = login_or_404(login)
        other = request.args.get("flow", "")
        if re.fullmatch("[0-9]+", other):
            theirs = login_or_404(int(other))
            return _beside(theirs.title, arrows(theirs.flow()), mine, "strict")
        wanted = expected_arrows(live.step, other)
        return _beside(wanted[0], wanted[1], mine, "protocol") if wanted else abort(404)

    @pages.post("/live/said/<int:login>/name")
    def rename(login: int) -> tuple[str, int]:
        name = _order().get("name")
        live.rename(login_or_404(login).number, name if isinstance(name, str) else "")
        return "", 204

    @pages.post("/live/forget")
    def forget() -> tuple[str, int]:
        _order()
        live.forget()
        return "", 204

    @pages.get("/live/printed")
    def printed() -> dict[str, Any]:
        """What the app has printed, from the line `since` on."""
        first, lines = live.printed_since(request.args.get("since", 1, type=int))
        return {"first": first, "lines": lines}

    return pages


def _order() -> dict[str, Any]:
    """What a page of this server asks for. A page of another one cannot send JSON here without being allowed to (Fetch
    standard, CORS-safelisted request-header)."""
    order = request.get_json()
    return order if isinstance(order, dict) else {}


@lru_cache(maxsize=32)
def _picture(drawn: tuple[Arrow, ...], title: str, own: str, width: int) -> str:
    return to_page_svg(drawn, title, own, width)


def _drawing(drawn: tuple[Arrow, ...], title: str, own: str = "flow-said") -> dict[str, Any]:
    width = request.args.get("width", _WIDTH, type=int)
    return {"title": title, "svg": _picture(drawn, title, own, width), "messages": _messages(drawn)}


def _messages(drawn: tuple[Arrow, ...]) -> list[dict[str, Any]]:
    people = participants(drawn)
    return [
        {
            "from": people[arrow.sender],
            "to": people[arrow.receiver],
            "title": arrow.title,
            "details": [f"{name}={value}" for name, value in arrow.details],
        }
        for arrow in drawn
    ]


def _beside(title: str, other: tuple[Arrow, ...], mine: Login, mode: Mode) -> dict[str, Any]:
    drawn = arrows(mine.flow())
    difference = compare(other, drawn, mode)
    return {
        "chapter": mode == "protocol",
        "sentence": _sentence(difference, title, mode),
        "other": {**_drawing(other, title, "flow-beside"), "mark": _mark(difference, other=True)},
        "mine": {"title": mine.title, "messages": _messages(drawn), "mark": _mark(difference, other=False)},
    }


def _mark(difference: Difference | None, *, other: bool) -> int | None:
    """The number of the arrow where two flows part."""
    if difference is None:
        return None
    index = difference.expected_index if other else difference.actual_index
    return None if index is None else index + 1


def _sentence(difference: Difference | None, title: str, mode: Mode) -> str:
    if difference is not None:
        return difference.sentence
    if mode == "protocol":
        return f"No difference: this login has every protocol message of “{title}”."
    return f"No difference: this login has the same messages as “{title}”."
