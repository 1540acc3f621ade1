"""Visits of users: log in, deny access. Each goes through the pages with a browser, as a user clicks through them."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from workbook.flow.messages import ELSEWHERE, EVE

from .browser import MOST_REDIRECTS, Browser, Form, Page
from .site import Site

# The person who logs in where any person will do.
SOMEBODY = "ada"
# The page of the app where users see their identities.
ACCOUNT = "/account"


class NotAsked(Exception):
    """The browser did not arrive at the provider's page, so the user could not decide. `page` is where it is."""

    def __init__(self, page: Page) -> None:
        super().__init__(f"the browser ended at {page.url} with the status {page.status}")
        self.page = page


def sign_in(browser: Browser, person: str = SOMEBODY, *, start: str = "/login") -> Page:
    """Begins a login, logs in at the provider, and allows access; returns the page where that ends."""
    return _decide(browser, person, "allow", start)


def refuse(browser: Browser, person: str = SOMEBODY, *, start: str = "/login") -> Page:
    """Begins a login and denies access at the provider; returns the page where that ends, back in the app.

    Twitter does not redirect after a denial: its own page has a link back. Facebook does.
    """
    return _back(browser, _decide(browser, person, "refuse", start))


def _back(browser: Browser, page: Page) -> Page:
    back = [link for link in page.links() if "denied=" in link]
    return browser.click(back[0]) if back else page


def link(browser: Browser, provider: str, person: str = SOMEBODY) -> Page:
    """Clicks on the account page's button that links a provider ("facebook"), logs in at the provider, and allows
    access; returns the page where that ends. NotAsked where there is no such button."""
    return decide_on(browser, _to_link(browser, provider), person, "allow")


def refuse_link(browser: Browser, provider: str, person: str = SOMEBODY) -> Page:
    """The same, but denies access at the provider."""
    return _back(browser, decide_on(browser, _to_link(browser, provider), person, "refuse"))


def _to_link(browser: Browser, provider: str) -> Page:
    page = browser.open(ACCOUNT)
    form = form_to(page, f"{ACCOUNT}/link/{provider}")
    if form is None:
        raise NotAsked(page)
    return browser.submit(form)


def form_to(page: Page, path: str) -> Form | None:
    """The page's form whose action is that path of the app; None where there is none."""
    return next((form for form in page.forms() if urlsplit(form.action).path == path), None)


def unused_callback(browser: Browser, person: str, *, start: str) -> str:
    """Allows access at the provider, and does not go back to the app: returns the callback's URL, with a code that is
    still good. An attacker could send this URL to a victim."""
    return unused_callback_from(browser, browser.open(start, follow=False), person)


def unused_callback_from(browser: Browser, page: Page, person: str) -> str:
    """The same, from a redirect to the provider that the browser did not follow."""
    for _ in range(MOST_REDIRECTS):
        location = page.answers[-1].header("Location") or ""
        if _brings_back(location):
            return location  # the user is logged in at the provider, and was not asked
        if not location:
            break
        page = browser.follow()
    form = _decision(page)
    if form is None:
        raise NotAsked(page)
    answer = browser.submit(form, follow=False, person=person, decision="allow").answers[-1]
    return answer.header("Location") or ""


def issuer_of(site: Site, provider: str) -> str | None:
    """The `iss` of a provider's callbacks (RFC 9207 section 2); None for a provider that sends none."""
    found: str | None = getattr(getattr(site.providers, provider), "issuer", None)
    return found


def log_out_at(site: Site, browser: Browser, provider: str) -> None:
    """Ends a user's session at a provider ("twitter"), as its own page offers. The app does not learn of it."""
    page = browser.open(f"{site.providers.url}/{provider}/")
    browser.submit(next(form for form in page.forms() if form.action.endswith("/logout")))


def arrive(browser: Browser, start: str = "/login") -> Page:
    """Begins a login and goes as far as the provider's page; NotAsked if the browser does not arrive there."""
    page = browser.open(start)
    if _decision(page) is None:
        raise NotAsked(page)
    return page


def _decide(browser: Browser, person: str, decision: str, start: str) -> Page:
    return decide_on(browser, browser.open(start), person, decision)


def decide_on(browser: Browser, page: Page, person: str, decision: str) -> Page:
    """Logs in on a provider's page, and decides ("allow"); returns the page where that ends. NotAsked where `page` is
    no such page."""
    form = _decision(page)
    if form is None:
        # The provider does not ask a user again who is logged in there and has allowed access before.
        if any(_brings_back(answer.header("Location") or "") for answer in page.answers):
            return page
        raise NotAsked(page)
    return browser.submit(form, person=person, decision=decision)


def _brings_back(location: str) -> bool:
    """Whether a URL is a callback with a code or a verifier."""
    return bool({"oauth_verifier", "code"} & set(parse_qs(urlsplit(location).query)))


def _decision(page: Page) -> Form | None:
    """The form by which a provider asks for a decision."""
    return next((form for form in page.forms() if "decision" in form.buttons), None)


def _at_front_page(site: Site) -> Browser:
    browser = site.browser()
    browser.open("/")
    return browser


def _log_out_and_in(site: Site) -> int:
    """The messages before the logout are only the way there, and not drawn."""
    browser = site.browser()
    sign_in(browser)
    front = browser.open("/")
    since = len(site.messages())
    browser.submit(next(form for form in front.forms() if form.action.endswith("/logout")))
    sign_in(browser)
    return since


def _twitter_then_facebook(site: Site) -> None:
    browser = site.browser()
    sign_in(browser, start="/login/twitter")
    sign_in(browser, start="/login/facebook")


def _two_ways_in(site: Site) -> None:
    browser = site.browser()
    sign_in(browser, start="/login/twitter")
    sign_in(browser, start="/login/facebook")


def _forged_callback(site: Site) -> None:
    """The user has begun a login of their own, in another tab, and not finished it."""
    link = unused_callback(site.browser(name=EVE), "eve", start="/login/facebook")
    browser = site.browser()
    browser.open("/login/facebook", follow=False)
    browser.open(link)


def _google_then_github(site: Site) -> None:
    sign_in(site.browser(), start="/login/google")
    sign_in(site.browser(name=ELSEWHERE), start="/login/github")


def _one_more_way_in(site: Site) -> int:
    """The messages before the second login are only the way there, and not drawn."""
    browser = site.browser()
    sign_in(browser, start="/login/twitter")
    since = len(site.messages())
    sign_in(browser, start="/login/facebook")
    browser.open("/account")
    return since


def _delete_account(site: Site) -> int:
    """The messages before the account page are only the way there, and not drawn."""
    browser = site.browser()
    sign_in(browser, start="/login/twitter")
    since = len(site.messages())
    page = browser.open("/account")
    for form in page.forms():
        if form.action.endswith("/account/delete"):
            browser.submit(form)
    return since


def _linked(site: Site) -> int:
    browser = site.browser()
    sign_in(browser, start="/login/twitter")
    since = len(site.messages())
    link(browser, "facebook")
    return since


def _refused_and_merged(site: Site) -> int:
    """Ada logged in with Facebook once, and has forgotten it: she has two accounts."""
    sign_in(site.browser(), start="/login/facebook")
    browser = site.browser()
    sign_in(browser, start="/login/twitter")
    since = len(site.messages())
    merge = form_to(link(browser, "facebook"), f"{ACCOUNT}/merge")
    if merge is not None:
        browser.submit(merge)
    return since


def _ends_elsewhere(site: Site) -> None:
    """Ada clicks on a link of Eve's to the app's own login. The last redirect, to Eve's website, is not followed."""
    browser = site.browser()
    callback = unused_callback(browser, SOMEBODY, start="/login/github?next=http://evil.example/")
    browser.open(callback, follow=False)


def _eves_request_token(site: Site) -> None:
    link = unused_callback(site.browser(name=EVE), "eve", start="/login/twitter")
    site.browser().open(link)


def _copied_cookie(site: Site) -> int:
    """The login is only the way there, and not drawn."""
    browser, eve = site.browser(), site.browser(name=EVE)
    sign_in(browser, start="/login/github")
    for name, value in browser.cookies().items():
        eve.set_cookie(name, value)
    front = browser.open("/")
    since = len(site.messages())
    browser.submit(next(form for form in front.forms() if form.action.endswith("/logout")))
    eve.open(ACCOUNT)
    return since


# The steps whose flows have the database as a lane, because what the app writes there is their point.
WITH_DATABASE = {
    "04_users_in_a_database",
    "05_one_user_many_identities",
    "07_linking_by_email",
    "08_the_account_page",
    "09_attacks_and_defences",
}

# The flows that are drawn for each step: their names in diagrams/, their titles, and how each comes about. A visit may
# return the number of messages that were only the way there.
RECORDED: dict[str, dict[str, tuple[str, Callable[[Site], object]]]] = {
    "00_what_oauth_is": {
        "sign_in": ("Sign in with Facebook", lambda site: sign_in(_at_front_page(site))),
        "refusal": ("A user who denies access", lambda site: refuse(_at_front_page(site))),
    },
    "01_twitter_login": {
        "sign_in": ("A login with Twitter", lambda site: sign_in(_at_front_page(site))),
        "refusal": ("A user who denies access", lambda site: refuse(_at_front_page(site))),
    },
    "02_inside_the_session": {
        "by_hand": ("A request token, by hand", lambda site: site.browser().open("/by-hand")),
        "log_out": ("Logging out, and in again", _log_out_and_in),
    },
    "03_facebook_login": {
        "both": ("Twitter, and then Facebook", _twitter_then_facebook),
        "sign_in": (
            "Sign in with Facebook, with Flask-OAuthlib",
            lambda site: sign_in(site.browser(), start="/login/facebook"),
        ),
        "forged": ("A callback that an attacker sends", _forged_callback),
    },
    "04_users_in_a_database": {
        "first_login": ("A first login", lambda site: sign_in(site.browser(), start="/login/twitter")),
        "two_ways_in": ("Ada logs in with Twitter, and then with Facebook", _two_ways_in),
    },
    "05_one_user_many_identities": {
        "one_more": ("Ada adds an identity, and opens her account", _one_more_way_in),
        "delete": ("Deleting an account", _delete_account),
    },
    "06_google_and_github": {
        "google": (
            "Sign in with Google, with OpenID Connect",
            lambda site: sign_in(site.browser(), start="/login/google"),
        ),
        "github": (
            "Sign in with GitHub",
            lambda site: sign_in(site.browser(), "dara", start="/login/github"),
        ),
    },
    "07_linking_by_email": {
        "linked": ("One person, two browsers, two providers", _google_then_github),
    },
    "08_the_account_page": {
        "linked": ("Ada links Facebook to her account", _linked),
        "refused": ("Facebook leads to another account, and Ada merges the two", _refused_and_merged),
        "elsewhere": ("A login that ends at Eve's website", _ends_elsewhere),
    },
    "09_attacks_and_defences": {
        "stopped": ("Eve's callback in Ada's browser", _eves_request_token),
        "logged_out": ("A copy of the cookie, after the logout", _copied_cookie),
    },
}
