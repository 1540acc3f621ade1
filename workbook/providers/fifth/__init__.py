"""A fifth provider, which no student has seen: plain OAuth 2, with a name and URLs that are new at every start."""

from __future__ import annotations

from ..provider import Provider
from .routes import FAULTS, asked_by_browser, fifth_pages
from .state import FifthState

FIFTH = Provider(FifthState, fifth_pages, FAULTS, asked_by_browser, named_anew=True)
