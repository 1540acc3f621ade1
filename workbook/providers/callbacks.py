"""Adds redirect URIs to those that the app has from the start."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from .state import State

# The path of the form, below the provider's name.
CALLBACKS = "/callbacks"
# The largest number of redirect URIs that can be listed beside the app's own. X allows ten in all (docs.x.com,
# Developer apps).
MOST_LISTED = 8

# The characters of a URI (RFC 3986 section 2) but "#": a redirect URI has no fragment (RFC 6749 section 3.1.2). Its
# length is bounded, because the server remembers it.
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]{1,2000}")
# The schemes that X rejects by name (docs.x.com, Developer apps).
_FORBIDDEN = {"data", "file", "ftp", "javascript", "ldap", "mailto", "telnet", "vbscript"}


def list_callback(state: State[Any], callback: str) -> None:
    """Adds a redirect URI to the app's list at a provider; ValueError says why it cannot be one."""
    if not _URI.fullmatch(callback):
        raise ValueError(f"'{callback}' is no absolute URL without a fragment (RFC 6749 section 3.1.2).")
    try:
        parts = urlsplit(callback)
        named = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"'{callback}' is no URL.") from None
    if parts.scheme in _FORBIDDEN:
        raise ValueError(f"'{callback}' begins with {parts.scheme}:, and no browser is sent there.")
    if parts.scheme in ("http", "https") and not named[0]:
        raise ValueError(f"'{callback}' names no host.")
    if "@" in parts.netloc:
        raise ValueError(f"'{callback}' has a user name before its host.")
    with state.lock:
        if callback in state.callbacks:
            return
        if len(state.listed) >= MOST_LISTED:
            raise ValueError(f"The list is full: it takes {MOST_LISTED} beside those of the workbook's app.")
        state.listed.append(callback)


def add_callbacks(pages: Blueprint, state: State[Any], about: str) -> None:
    """Adds the view of the form on the page about a provider. An app that is checked must not change the list, so the
    providers of a check have no such form. `about` names what the page's forms are for, as in csrf_token."""

    @pages.post(CALLBACKS)
    def callbacks() -> AnyResponse:
        if not state.people_list_callbacks:
            abort(404)
        state.sessions.of_form(about)
        try:
            list_callback(state, request.form.get("callback", "").strip())
        except ValueError as error:
            return Response(str(error), 400, content_type="text/plain; charset=utf-8")
        return redirect(url_for(f"{state.name}.about"), 303)
