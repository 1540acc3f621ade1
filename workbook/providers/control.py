"""The page and the endpoint that switch faults on, for a client that has the key.

The app under test does not have the key. The command that started the providers prints the page's URL, key included;
from then on a cookie has the key.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from .faults import KINDS, Faults

_COOKIE = "control_key"


class Tickets:
    """Words that are good for one visit each: the browser that shows one gets the key, and nobody after it."""

    def __init__(self) -> None:
        self._good: set[str] = set()
        self._lock = threading.Lock()

    def new(self) -> str:
        """A new one."""
        with self._lock:
            ticket = secrets.token_urlsafe(12)
            self._good.add(ticket)
            return ticket

    def take(self, ticket: str) -> bool:
        """Whether it was good until now."""
        with self._lock:
            good = ticket in self._good
            self._good.discard(ticket)
            return good


def control_pages(faults: Faults, key: str, label: Callable[[str], str], tickets: Tickets) -> Blueprint:
    """Everything under /control. `label` makes a provider's label from its name. A browser that comes in with one of
    the `tickets` has the key from then on, and is sent to the root page."""
    pages = Blueprint("control", __name__)

    def has_key(shown: str | None) -> bool:
        return hmac.compare_digest((shown or "").encode(), key.encode())

    def with_key(response: AnyResponse) -> AnyResponse:
        response.set_cookie(_COOKIE, key, httponly=True, samesite="Strict", path="/control")
        return response

    # An app on another port of 127.0.0.1 is the same site for a browser, which sends the cookie along (RFC 6265bis
    # section 5.2): the form also shows that it comes from this page.
    csrf_token = hmac.new(key.encode(), b"the form of the faults page", "sha256").hexdigest()

    @pages.get("/enter")
    def enter() -> AnyResponse:
        good = tickets.take(request.args.get("ticket", ""))
        return with_key(redirect("/")) if good else redirect("/")

    @pages.get("/faults")
    def show() -> AnyResponse | str | tuple[str, int]:
        if has_key(request.args.get("key")):
            # The key must not stay in the URL, where people would copy it along.
            return with_key(redirect(url_for("control.show")))
        if not has_key(request.cookies.get(_COOKIE)):
            return render_template("no_key.html"), 403
        return render_template(
            "faults.html",
            faults=faults.kinds,
            on=faults.on(),
            kinds=KINDS,
            label=label,
            csrf_token=csrf_token,
        )

    @pages.post("/faults")
    def switch() -> AnyResponse | tuple[str, int]:
        by_form = has_key(request.cookies.get(_COOKIE)) and hmac.compare_digest(
            request.form.get("csrf_token", "").encode(), csrf_token.encode()
        )
        if not by_form and not has_key(request.headers.get("X-Control-Key")):
            return "", 404
        try:
            _switch(faults, request.form.to_dict() if by_form else request.get_json(force=True))
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            return Response(str(error), 400, content_type="text/plain; charset=utf-8")
        return redirect(url_for("control.show"), 303) if by_form else ("", 204)

    return pages


def _switch(faults: Faults, wanted: dict[str, str]) -> None:
    """One order: {"provider", "endpoint", "kind"}, without a kind to switch the fault off, or {"clear": …} for all."""
    if wanted.get("clear"):
        faults.clear()
    elif wanted.get("kind"):
        faults.set(wanted["provider"], wanted["endpoint"], wanted["kind"])
    else:
        faults.clear(wanted["provider"], wanted["endpoint"])
