"""The local Google: OpenID Connect as Google speaks it, its page, its keys, and its claims about users."""

from __future__ import annotations

from ..provider import Provider
from .routes import FAULTS, asked_by_browser, google_pages
from .state import GoogleState


def _make_keys(state: GoogleState) -> None:
    """Makes the first two keys, and the one that is not Google's: every Google without a seed has these."""
    state.keys.stranger()
    state.keys.rotate()


GOOGLE = Provider(GoogleState, google_pages, FAULTS, asked_by_browser, make_beforehand=_make_keys)
