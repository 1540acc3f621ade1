"""Responses, and parts of responses, that several providers send."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import Response, jsonify, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from .people import Person
from .state import State


def json_utf8(body: object, status: int = 200) -> Response:
    """A JSON response whose content type names the encoding."""
    answer = jsonify(body)
    answer.status_code = status
    answer.content_type = "application/json; charset=utf-8"
    return answer


def asking(
    state: State[Any],
    template: str,
    session: str,
    who: Person | None,
    *,
    about: str = "",
    chosen: Collection[str] | None = None,
    status: int = 200,
    **more: object,
) -> AnyResponse:
    """The page that asks the user to log in and to decide, for the browser of that session.

    `who` is the user who is logged in there. `about` names what the page's form is for, as in csrf_token. `chosen` has
    the keys of the people whom the page suggests; None suggests the first person. `more` is for the template.
    """
    page = render_template(
        template,
        people=state.people,
        who=who,
        chosen=[one.key for one in state.people][:1] if chosen is None else chosen,
        app=state.app_name,
        csrf_token=state.sessions.csrf_token(session, about),
        **more,
    )
    return state.sessions.give(Response(page, status), session)


def picture(file: str = "person.svg") -> str:
    """The URL of the picture that every account has."""
    return url_for("static", filename=file, _external=True)
