"""Recognizes the cause if an app does not start, does not respond or raises an error, and says where to look."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbook.lab.browser import ELSEWHERE
from workbook.lab.commands import MigrationFailed
from workbook.lab.running import AppFailed

from .known_causes import CAUSES, Cause
from .missed import Missed
from .session_lost import why_session_was_lost

if TYPE_CHECKING:
    from workbook.lab.browser import NoAnswer
    from workbook.lab.site import Site

# Flask-OAuthlib's error when the session has lost the request token.
_LOST = "Token not found"


def cause_of(error: str) -> Cause | None:
    """The first cause that matches an error, as "KeyError: 'email'"; None if no cause matches."""
    return next((cause for cause in CAUSES if re.search(cause.error, error)), None)


def where_to_look(error: AppFailed, otherwise: str = "", meant: str | None = None) -> str:
    """The place to look after an exception of the app: the look of its known cause, or else `otherwise`, and its place
    in the student's files. If the pattern `meant` matches the error, the check expects it, and `otherwise` is used."""
    cause = None if meant and re.search(meant, error.error) else cause_of(error.error)
    known = cause.look if cause else otherwise
    place = error.traceback.strip().splitlines()[-1:]
    return " ".join(part for part in (known, f"In your code: {place[0]}." if place else "") if part)


def app_failed(error: AppFailed) -> Missed:
    """The message of every exercise if the app does not start, or its database cannot be made."""
    if isinstance(error, MigrationFailed):
        return Missed(
            should="flask db upgrade goes through, before the app starts.",
            did=f"flask db upgrade failed: {error.error}.",
            look=where_to_look(error, "the folder migrations."),
        )
    return Missed(
        should="the app starts, as it does under flask run.",
        did=f"it did not start: {error.error}.",
        look=where_to_look(error, "app.py. `flask run` in the step's folder shows the whole error."),
    )


def no_answer(error: NoAnswer, site: Site) -> Missed:
    """The message if a browser got no response."""
    if ELSEWHERE in str(error):
        return Missed(
            should="the app sends the browser to a provider's URL from the environment.",
            did=f"{error}.",
            look="your app takes the providers' URLs from the environment, or from a provider's discovery document.",
        )
    return with_app_error(
        Missed(
            should="the app responds to every request of the browser within a few seconds.",
            did=f"{error}.",
            look="the view function of that URL. Is there a loop that does not end, or a redirect to itself?",
        ),
        site,
    )


def with_app_error(missed: Missed, site: Site | None, meant: str | None = None) -> Missed:
    """Adds the app's own error, if there is one, because it is the likeliest cause. `meant` is as for where_to_look."""
    if site is None or missed.whole:
        return missed
    answers = [m for m in site.messages() if m.sender == "app" and m.status]
    said = [m for m in answers if (m.status or 0) >= 500]
    error = site.last_error() if any(m.status == 500 for m in said) else None
    if not said and answers and answers[-1].status == 400:
        # Flask responds with status 400 by itself if request.args[…] has no such name.
        error = site.last_error()
    lost = _LOST in (error.error if error else "") or any(_LOST in m.body for m in said)
    if error is None and not lost:
        return missed
    if error is None:
        # The app has caught the error, and shows a page of its own.
        error = AppFailed(f"OAuthException: {_LOST}, maybe you disabled cookie")
    look = [
        where_to_look(error, missed.look, meant or missed.meant),
        why_session_was_lost(site) if lost else "",
    ]
    return Missed(
        should=missed.should,
        did=f"{missed.did} It raised {error.error.rstrip('.')}.",
        look=" ".join(filter(None, look)),
        flow=missed.flow,
        expected=missed.expected,
    )
