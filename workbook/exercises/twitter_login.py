"""A login with Twitter, for the checks of several steps, and their messages if it fails."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from workbook.lab.browser import HOME, Browser, Page
from workbook.lab.site import Site
from workbook.lab.visits import SOMEBODY, NotAsked, sign_in

from .missed import Missed

# The recorded flows that a login is compared with: in steps 01 and 02, and in all later ones.
SIGN_IN = "01_twitter_login.sign_in"
LATER_SIGN_IN = "04_users_in_a_database.first_login"
CALLBACK = f"{HOME}/auth/twitter/callback"


def signed_in(
    site: Site,
    browser: Browser,
    who: str = SOMEBODY,
    start: str = "/login",
    expected: str | None = None,
    since: int | None = None,
) -> Page:
    """Logs a user in with Twitter; Missed if that fails on the way. `start` is the app's URL for this login.

    `expected` is the recorded flow that this login is compared with, or, with `since`, all but its first `since`
    messages.
    """
    expected = expected or (SIGN_IN if urlsplit(start).path == "/login" else LATER_SIGN_IN)
    since = len(site.messages()) if since is None else since
    try:
        page = sign_in(browser, who, start=start)
    except NotAsked as error:
        raise not_at_twitter(site, error.page, start, expected, since) from None
    if site.at_provider(page):
        raise left_at_provider(site, page, "Twitter", start, expected, since)
    return page


def left_at_provider(site: Site, page: Page, provider: str, start: str, expected: str, since: int) -> Missed:
    """The provider did not send the browser back. The login began after `since` messages."""
    return Missed(
        should=f"after the user has allowed access, {provider} sends the browser back to your app.",
        did=f"the browser stayed at {provider}, on a page that says: {shortened(page.words)}",
        look=f"the redirect URI that {start} gives to {provider}.",
        flow=site.flow("Your app", since),
        expected=expected,
    )


def not_at_twitter(
    site: Site, page: Page, start: str = "/login", expected: str = SIGN_IN, since: int = 0
) -> Missed:
    """`start` did not lead to Twitter's page. The login began after `since` messages."""
    refused = [
        a for a in site.providers.twitter.attempts if a.endpoint == "request_token" and a.status != 200
    ]
    if refused:
        last = refused[-1]
        did = (
            f"it asked Twitter for a request token, and Twitter rejected the request with status {last.status} and "
            f"error {last.error_code}. The callback URL was {last.oauth_callback}."
        )
        look = f"the callback URL. Twitter knows {CALLBACK} for your app, and accepts no other."
    else:
        did = f"{start} led to {page.path} with status {page.status}, and not to Twitter."
        look = f"the view of {start}: return the redirect that twitter.authorize(…) gives you."
    return Missed(
        should=f"{start} sends the browser to Twitter's page, with a request token that Twitter has just given.",
        did=did,
        look=look,
        flow=site.flow("Your app", since),
        expected=expected,
    )


# Why Twitter gives no profile: what happens, the status, and the fault that makes it so. None: its tokens are revoked.
_NO_PROFILE = (
    ("an app has no access to verify_credentials", 403, "no_access"),
    ("Twitter is over capacity", 503, "error"),
    ("the user has revoked the app's access token", 401, None),
)


def without_access(site: Site, look: str) -> None:
    """Twitter does not say who the user is, and responds with status 403 (its error 453), 503 or 401; Missed if
    /welcome greets a user all the same, or crashes."""
    for why, status, fault in _NO_PROFILE:
        browser = site.browser()
        signed_in(site, browser)
        if fault is None:
            site.providers.twitter.access_tokens.clear()
        else:
            site.providers.faults.set("twitter", "verify_credentials", fault)
        page = browser.open("/welcome")
        site.providers.faults.clear()
        should = (
            f"Twitter responds with status {status} if {why}. Then your app greets no user, and responds with its own "
            "error page."
        )
        failed = site.last_error() if page.status == 500 else None
        # This check does not ask that the app catches what it raises on purpose.
        if failed is not None and not failed.error.startswith("OAuthException"):
            raise Missed(should=should, did="/welcome responded with status 500.", look=look)
        if page.path == "/welcome" and page.status == 200:
            did = f"/welcome greeted an unknown user, with status 200: {shortened(page.words)}"
            raise Missed(should=should, did=did, look=look)


def shortened(words: str) -> str:
    """The first words of a page. Of Flask's own error page only the title, because the rest says no more."""
    words = re.sub(r"^(?:404|405|500) (.+?) \1 The .*$", r"\1.", words)
    words = re.sub(r"^[45]\d\d (.+?) \1 ", r"\1: ", words)
    return words if len(words) <= 120 else f"{words[:119]}…"
