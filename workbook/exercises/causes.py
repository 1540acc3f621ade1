"""Recognises what lies behind an app that does not start, does not answer or raises, and says where to look."""

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

# How Flask-OAuthlib says that the session does not hold what it put there.
_LOST = "Token not found"


def cause_of(error: str) -> Cause | None:
    """The first cause that is found in an error, as "KeyError: 'email'"; None where none is known."""
    return next((cause for cause in CAUSES if re.search(cause.error, error)), None)


def where_to_look(error: AppFailed, otherwise: str = "", meant: str | None = None) -> str:
    """Where an exception of the app sends the student: what it is known for, or else `otherwise`, and its place in
    their files. An error that the pattern `meant` is found in is what the check is about: `otherwise` knows it best."""
    cause = None if meant and re.search(meant, error.error) else cause_of(error.error)
    known = cause.look if cause else otherwise
    place = error.traceback.strip().splitlines()[-1:]
    return " ".join(part for part in (known, f"In your code: {place[0]}." if place else "") if part)


def app_failed(error: AppFailed) -> Missed:
    """What to say of every exercise of an app that does not start, or whose database cannot be made."""
    if isinstance(error, MigrationFailed):
        return Missed(
            should="flask db upgrade goes through, before the app starts.",
            did=f"it failed: {error.error}.",
            look=where_to_look(error, "the folder migrations."),
        )
    return Missed(
        should="the app starts, as it does under flask run.",
        did=f"it did not start: {error.error}.",
        look=where_to_look(error, "app.py. Run `flask run` in the step's folder to see the whole error."),
    )


def no_answer(error: NoAnswer, site: Site) -> Missed:
    """What to say when a browser waited in vain."""
    if ELSEWHERE in str(error):
        return Missed(
            should="the app sends the browser to a provider at the address that the environment names.",
            did=f"{error}.",
            look="the addresses of providers come from the environment, or from a discovery document that is there.",
        )
    return with_app_error(
        Missed(
            should="the app answers every request of the browser within a few seconds.",
            did=f"{error}.",
            look="the view function of that address: a loop that does not end, or a redirect to itself?",
        ),
        site,
    )


def with_app_error(missed: Missed, site: Site | None, meant: str | None = None) -> Missed:
    """Adds what went wrong inside of the app, where it can be seen: it is the likeliest cause. `meant` is as for
    where_to_look."""
    if site is None or missed.whole:
        return missed
    answers = [m for m in site.messages() if m.sender == "app" and m.status]
    said = [m for m in answers if (m.status or 0) >= 500]
    error = site.last_error() if any(m.status == 500 for m in said) else None
    if not said and answers and answers[-1].status == 400:
        # Flask answers 400 by itself where request.args[…] has no such name.
        error = site.last_error()
    lost = _LOST in (error.error if error else "") or any(_LOST in m.body for m in said)
    if error is None and not lost:
        return missed
    if error is None:
        # The app has caught it, and shows a page of its own.
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
