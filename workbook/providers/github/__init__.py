"""The local GitHub: OAuth 2 as GitHub speaks it with OAuth apps, its page, and the two calls that a login needs."""

from __future__ import annotations

from ..provider import Provider
from .routes import AT_ROOT, FAULTS, asked_by_browser, github_pages
from .state import GitHubState

GITHUB = Provider(GitHubState, github_pages, FAULTS, asked_by_browser, at_root=AT_ROOT)
