"""Helpers for users who come back: a login with either provider, a logout, and the session's content."""

from __future__ import annotations

from workbook.lab.browser import Browser, Page
from workbook.lab.site import Site
from workbook.lab.visits import SOMEBODY

from .facebook_login import SIGN_IN as FACEBOOK_SIGN_IN
from .facebook_login import signed_in_with_facebook
from .missed import Missed
from .readable import readable
from .twitter_login import LATER_SIGN_IN, shortened, signed_in

PROVIDERS = ("Twitter", "Facebook")


def signed_in_with(
    provider: str, site: Site, browser: Browser, who: str = SOMEBODY, expected: str | None = None
) -> Page:
    """Logs a user in with "Twitter" or "Facebook", as far as that goes; Missed if the messages are not right, or if
    the app responds with an error at the end. `expected` is the recorded flow with which all messages are compared;
    without it, this login is compared with one of its kind."""
    since = 0 if expected else len(site.messages())
    if provider == "Twitter":
        expected = expected or LATER_SIGN_IN
        page = signed_in(site, browser, who, "/login/twitter", expected, since)
    else:
        expected = expected or FACEBOOK_SIGN_IN
        page = signed_in_with_facebook(site, browser, who, expected=expected, since=since)
    if page.status >= 400:
        raise Missed(
            should=f"a login with {provider} ends on a page of the app.",
            did=f"the login ended at {page.path} with status {page.status}: {shortened(page.words)}",
            look="sign_in." if page.path != "/welcome" else "the view welcome, and its template.",
            flow=site.flow("Your app", since),
            expected=expected,
        )
    return page


def log_out(browser: Browser) -> Page:
    """Clicks the button on the front page, and returns the page where that ends; Missed if there is no button, or if it
    leads to an error."""
    front = browser.open("/")
    forms = [form for form in front.forms() if form.action.endswith("/logout")]
    if not forms or forms[0].method != "POST":
        raise Missed(
            should="for a logged-in user, the front page has a button that sends a POST to /logout.",
            did="there is no such form."
            if not forms
            else f"the form there sends a {forms[0].method}. Every link sends a GET, too.",
            look="templates/index.html: a form with a button. Its method is POST, and its action is the URL of the "
            "view that logs out.",
        )
    page = browser.submit(forms[0])
    if page.status >= 400:
        raise Missed(
            should="after a click on Log out, the user is on the front page.",
            did=f"{page.path} responded with status {page.status}.",
            look='@app.route("/logout", methods=["POST"]): a route without methods takes GET only.',
        )
    return page


def session_of(browser: Browser) -> str:
    """The content of the session cookie, as anybody who has the cookie can read it; empty if there is none. A cookie
    that Flask did not make is returned as it is."""
    return readable(browser.cookie("session") or "")
