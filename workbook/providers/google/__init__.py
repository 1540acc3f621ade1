"""The local Google: OpenID Connect as Google speaks it, its page, its keys, and what it tells about people."""

from __future__ import annotations

from ..provider import Provider
from .routes import FAULTS, asked_by_browser, google_pages
from .state import GoogleState

GOOGLE = Provider(GoogleState, google_pages, FAULTS, asked_by_browser)
