"""The local Facebook: OAuth 2 as Facebook speaks it, its dialog, and the part of the Graph API that a login needs."""

from __future__ import annotations

from ..provider import Provider
from .routes import FAULTS, asked_by_browser, facebook_pages
from .state import FacebookState

FACEBOOK = Provider(FacebookState, facebook_pages, FAULTS, asked_by_browser)
