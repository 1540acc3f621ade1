"""A login with any provider that the app has a module for, and the messages if it fails."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from workbook.flow.messages import APP
from workbook.lab.browser import HOME, MOST_REDIRECTS, Browser, Page, at_home
from workbook.lab.site import Site
from workbook.lab.visits import SOMEBODY, NotAsked, sign_in, unused_callback
from workbook.providers.people import PEOPLE

from .missed import Missed
from .session_lost import why_session_was_lost
from .twitter_login import LATER_SIGN_IN, left_at_provider, shortened

# The app's own messages when a login fails.
DENIED = "You denied the request to sign in."
NOT_OURS = "This sign-in is over already, or did not begin here. Please try again."
NO_HELP = "{} could not sign you in. Please try again."
# Where to look if the app shows NOT_OURS at Twitter's callback.
NO_STATE = "the callback in app/auth.py: Twitter's OAuth 1.0a has no state."

# The recorded flow with which a login at each provider is compared.
_RECORDED = {
    "twitter": LATER_SIGN_IN,
    "facebook": "03_facebook_login.sign_in",
    "google": "06_google_and_github.google",
    "github": "06_google_and_github.github",
}


def label(site: Site, name: str) -> str:
    """A provider's name as people write it."""
    return site.providers.label(name)


def start_of(name: str) -> str:
    """The app's URL where a login with a provider begins."""
    return f"/login/{name}"


def callback_at(name: str) -> str:
    """The app's URL to which a provider sends the browser back."""
    return f"{HOME}/auth/{name}/callback"


def tried(site: Site, browser: Browser, name: str, who: str = SOMEBODY, start: str | None = None) -> Page:
    """A user logs in, as far as that goes. Missed if the browser does not reach the provider's page, or stays there."""
    start = start or start_of(name)
    since = len(site.messages())
    try:
        page = sign_in(browser, who, start=start)
    except NotAsked as error:
        raise not_there(site, error.page, name, start, since) from None
    if site.at_provider(page):
        expected = _RECORDED.get(name, _RECORDED["github"])
        raise left_at_provider(site, page, label(site, name), start, expected, since)
    return page


def signed_in_at(
    site: Site, browser: Browser, name: str, who: str = SOMEBODY, *, look: str, start: str | None = None
) -> Page:
    """A user logs in, and ends at /welcome; Missed if not. `look` is where to look, in the student's words."""
    since = len(site.messages())
    page = tried(site, browser, name, who, start)
    if page.path != "/welcome" or page.status != 200:
        raise came_to_nothing(site, page, name, look, since)
    return page


def came_to_nothing(site: Site, page: Page, name: str, look: str, since: int) -> Missed:
    """The message for a login that did not end at /welcome. It began after `since` messages."""
    said = " ".join(filter(None, [refused_by(site, name), _logged(site)]))
    if NOT_OURS in page.words:
        look = why_session_was_lost(site) or (
            f"{NO_STATE} Which logins do you look up by a state?"
            if name == "twitter"
            else f"does your app look for the state that it sent? {look}"
        )
    if name == "github" and any(
        a.endpoint == "emails" and a.status == 404 for a in site.providers.github.attempts
    ):
        look = "settings() in app/providers/github.py: GitHub gives the email addresses only with the scope user:email."
    if any(m.sender == "github" and m.status == 404 and m.path == "/github/user" for m in site.messages()):
        look = (
            "settings() in app/providers/github.py: base_url needs a slash at its end. Without the slash, user "
            "replaces the last part of base_url."
        )
    return Missed(
        should=f"a user who allows access at {label(site, name)} is logged in, and ends at /welcome.",
        did=f"the login ended at {page.path} with status {page.status}: {shortened(page.words)} {said}".strip(),
        look=look,
        flow=site.flow("Your app", since),
        expected=_RECORDED.get(name),
    )


def asked_of(site: Site, browser: Browser, name: str) -> dict[str, str]:
    """The parameters with which the app redirects to a provider when a login begins. The browser does not go there.
    Missed if the redirect leads elsewhere."""
    start = start_of(name)
    page = browser.open(start, follow=False)
    for _ in range(MOST_REDIRECTS):
        location = urljoin(page.url, page.answers[-1].header("Location") or "")
        if location == page.url or not at_home(location):
            break
        page = browser.follow()
    if not location.startswith(f"{site.providers.url}/{name}/"):
        since = len(site.messages())
        raise not_there(site, browser.open(start), name, start, since)
    return dict(parse_qsl(urlsplit(location).query, keep_blank_values=True))


def callback_for(site: Site, browser: Browser, name: str, who: str = SOMEBODY) -> str:
    """The URL to which a provider sends the browser back when a user has just allowed access. It does not go there."""
    since = len(site.messages())
    try:
        return unused_callback(browser, who, start=start_of(name))
    except NotAsked as error:
        raise not_there(site, error.page, name, start_of(name), since) from None


def not_there(site: Site, page: Page, name: str, start: str, since: int) -> Missed:
    """The message if `start` did not lead to a provider's page. The login began after `since` messages."""
    who = label(site, name)
    look = f"settings() in app/providers/{name}.py"
    if site.at_provider(page):
        asked = dict(parse_qsl(urlsplit(page.url).query))
        sent = ", ".join(
            f"{key}={value!r}"
            for key, value in asked.items()
            if key in ("client_id", "redirect_uri", "scope")
        )
        did = f"{who}'s page says: {shortened(page.words)} Your app sent {sent or 'nothing'}."
        if not urlsplit(asked.get("redirect_uri", HOME)).netloc:
            look = "login in app/auth.py: url_for(…, _external=True) gives the redirect URI with its host."
        elif asked.get("redirect_uri", callback_at(name)) != callback_at(name):
            look = f"login in app/auth.py: {who} knows the redirect URI {callback_at(name)}, and no other."
        elif asked.get("client_id") == site.providers.environment().get(f"{name.upper()}_SECRET"):
            look += ": consumer_key has the client secret. The user can read the secret in that URL."
        else:
            look += ": authorize_url and consumer_key."
    elif page.status == 404:
        did = f"{start} responded with status 404."
        look = f"names() in app/providers/__init__.py: is {name!r} one of the names? Then look at login in app/auth.py."
    elif "is not set up here" in page.words:
        did = f"{start} led to the front page, which says: {who} is not set up here."
        look += ": consumer_key and consumer_secret."
    else:
        did = f"{start} led to {page.path} with status {page.status}: {shortened(page.words)}"
        # Twitter's and Facebook's modules were given.
        look = (
            "login in app/auth.py."
            if name in ("twitter", "facebook")
            else f"login in app/auth.py, and {look}."
        )
    return Missed(
        should=f"{start} redirects the browser to {who}'s page.",
        did=did,
        look=look,
        flow=site.flow("Your app", since),
        expected=_RECORDED.get(name),
    )


def refused_by(site: Site, name: str) -> str:
    """The last error that a provider sent to the app, as a sentence; empty if there was none."""
    for message in reversed(site.messages()):
        if message.sender == name and message.receiver == APP:
            words = " ".join(message.body.split())
            if (message.status or 0) >= 400 or "error=" in words or '"error"' in words:
                return f"{label(site, name)} responded to {message.path} with {message.status} and {shortened(words)}"
            return ""
    return ""


def reads(site: Site, page: Page, message: str, *, what: str, look: str) -> None:
    """Missed unless a user whose login failed is on a page of the app that shows the message."""
    should = f"{what}. Then the front page says: {message}"
    if page.status >= 400:
        raise Missed(should=should, did=f"{page.path} responded with status {page.status}.", look=look)
    if site.at_provider(page) or message not in page.words:
        did = f"the browser ended at {page.path}, which says: {shortened(page.words)}"
        raise Missed(should=should, did=did, look=look)


def nobody_is_in(browser: Browser, *, what: str, look: str) -> None:
    """Missed if a user is logged in."""
    words = browser.open("/").words
    welcome = browser.open("/welcome")
    name = next((one.name for one in PEOPLE if one.name in words), None)
    if name or (welcome.path == "/welcome" and welcome.status == 200):
        did = f"{name} is logged in." if name else f"/welcome says: {shortened(welcome.words)}"
        raise Missed(should=f"{what}. Then no user is logged in.", did=did, look=look)


def identities(site: Site, name: str) -> list[dict[str, Any]]:
    """The identities at a provider that are in the database, the oldest first. `email_verified` is a bool or None, on
    any database."""
    rows = site.database.rows("SELECT * FROM identities WHERE provider = :name ORDER BY id", name=name)
    return [
        {
            **row,
            "email_verified": None if row["email_verified"] is None else bool(row["email_verified"]),
        }
        for row in rows
    ]


def in_words(rows: list[dict[str, Any]]) -> str:
    """Identities in words."""
    if not rows:
        return "none"
    shown = ("provider", "subject", "email", "email_verified")
    return "; ".join(", ".join(f"{column} {_as_sql(row[column])}" for column in shown) for row in rows)


def _as_sql(value: object) -> str:
    return "NULL" if value is None else repr(value)


def _logged(site: Site) -> str:
    # A line in Flask's own form, or the sentence that the given code logs.
    logged = re.compile(r" (?:WARNING|ERROR) in \w+: |signs nobody in")
    lines = [line for line in site.app.log().splitlines() if logged.search(line)]
    return f"Your app's log has the line {lines[-1].partition(': ')[2] or lines[-1]}" if lines else ""
