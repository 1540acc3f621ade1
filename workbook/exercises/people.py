"""What checks need of people who come back: a login with either provider, logging out, and what a session keeps."""

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
    """Signs a person in with "Twitter" or "Facebook", as far as that leads; Missed where the way there is not right,
    or where the app answers with an error at its end. `expected` is the recorded flow that all of what was said is then
    held against; without it this login is held against one of its kind."""
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
            did=f"it ended at {page.path} with the status {page.status}: {shortened(page.words)}",
            look="sign_in." if page.path != "/welcome" else "the view welcome, and its template.",
            flow=site.flow("Your app", since),
            expected=expected,
        )
    return page


def log_out(browser: Browser) -> Page:
    """Clicks the button on the front page, and gives the page where that ends; Missed where there is no button, or
    where it leads to an error."""
    front = browser.open("/")
    forms = [form for form in front.forms() if form.action.endswith("/logout")]
    if not forms or forms[0].method != "POST":
        raise Missed(
            should="for somebody who is signed in, the front page has a button that sends a POST to /logout.",
            did="there is no such form."
            if not forms
            else f"the form there is sent by {forms[0].method}. A GET is also sent by every link and picture.",
            look="templates/index.html: a form whose method is POST and whose action is the URL of the view that logs "
            "out, with a button in it.",
        )
    page = browser.submit(forms[0])
    if page.status >= 400:
        raise Missed(
            should="after a click on Log out the person is on the front page.",
            did=f"{page.path} answered with the status {page.status}.",
            look='@app.route("/logout", methods=["POST"]): a route without methods takes GET only.',
        )
    return page


def session_of(browser: Browser) -> str:
    """What the session cookie holds, as everybody who has the cookie can read it; empty where that is nothing. A cookie
    that is made in another way than Flask's is given as it is."""
    return readable(browser.cookie("session") or "")
