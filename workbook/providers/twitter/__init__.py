"""The local Twitter: OAuth 1.0a as Twitter speaks it, its pages, and the one call of its API that a login needs."""

from __future__ import annotations

from ..provider import Provider
from .routes import FAULTS, asked_by_browser, twitter_pages
from .state import TwitterState

TWITTER = Provider(TwitterState, twitter_pages, FAULTS, asked_by_browser)
