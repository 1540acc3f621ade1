"""The pages on which a user decides, as in docs.x.com (Log in with X; Obtaining user access tokens)."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from workbook.lab.browser import Browser, Page
from workbook.providers.people import PEOPLE

from .calling import CALLBACK_PATH, Calling, a_person, allowed, decide
from .conftest import Clock


@pytest.fixture
def browser() -> Browser:
    return a_person()


def is_back(page: Page) -> bool:
    return page.path == CALLBACK_PATH and page.words == "You are back."


@pytest.mark.parametrize("endpoint", ["authenticate", "authorize"])
@pytest.mark.parametrize("person", [person.key for person in PEOPLE])
def test_whoever_allows_comes_back_with_the_same_token_and_a_verifier(
    app: Calling, browser: Browser, endpoint: str, person: str
) -> None:
    """Log in with X, step 2: no state, and no other parameter."""
    token = app.request_token()
    page = browser.open(app.page(token, endpoint))
    assert page.status == 200 and app.providers.twitter.app_name in page.words
    assert all(one.twitter.screen_name in page.words for one in PEOPLE)
    page = decide(browser, "allow", person=person)
    assert is_back(page) and [answer.status for answer in page.answers] == [302, 200]
    kept = app.providers.twitter.request_tokens[token[0]]
    assert page.query == f"oauth_token={token[0]}&oauth_verifier={kept.verifier}"
    assert kept.person is not None and kept.person.key == person


def test_whoever_cancels_gets_a_page_with_a_link_back_that_says_denied(
    app: Calling, browser: Browser
) -> None:
    """No redirect, and neither oauth_token nor oauth_verifier (singingwolfboy/flask-dance #125)."""
    token = app.request_token()
    browser.open(app.page(token))
    page = decide(browser, "refuse", person="ada")
    assert page.status == 200 and len(page.answers) == 1
    (back,) = [link for link in page.links() if "denied" in link]
    assert back == f"{app.callback}?denied={token[0]}"
    assert is_back(browser.click(back))
    assert "Whoa there!" in browser.open(app.page(token)).words
    assert app.providers.twitter.access_tokens == {} and app.providers.twitter.logged_in == {}


@pytest.mark.parametrize("decision", ["allow", "refuse"])
def test_a_query_of_the_callback_survives(app: Calling, browser: Browser, decision: str) -> None:
    """As recorded in yanokohei/goenbako #164."""
    token = app.request_token(f"{app.callback}?provider=twitter&next=%2Fa%26b")
    browser.open(app.page(token))
    page = decide(browser, decision, person="ada")
    address = page.url if decision == "allow" else next(link for link in page.links() if "denied=" in link)
    assert urlsplit(address).query.startswith("provider=twitter&next=%2Fa%26b&")


def test_authenticate_asks_once_and_authorize_always(app: Calling, browser: Browser) -> None:
    """Log in with X: after login and approval, authenticate redirects at once; Obtaining user access tokens."""
    allowed(app, app.request_token(), "bo", browser)
    page = browser.open(app.page(app.request_token()))
    assert is_back(page) and "oauth_verifier=" in page.query
    page = browser.open(app.page(app.request_token(), "authorize"))
    assert "You are logged in as Bo Lindqvist" in page.words and "radio" not in page.text
    assert is_back(decide(browser, "allow"))


def test_whoever_is_signed_in_and_has_not_approved_is_asked(app: Calling, browser: Browser) -> None:
    """Log in with X. Approval ends when the user takes it back at Twitter."""
    allowed(app, app.request_token(), "bo", browser)
    app.providers.twitter.approved.clear()
    assert "You are logged in as Bo Lindqvist" in browser.open(app.page(app.request_token())).words


def test_whoever_is_not_signed_in_is_asked_although_the_app_was_approved_before(
    app: Calling, browser: Browser
) -> None:
    """Log in with X: credentials and permissions on one page then."""
    allowed(app, app.request_token(), "bo")
    assert "Who are you?" in browser.open(app.page(app.request_token())).words


def test_force_login_asks_again_who_it_is(app: Calling, browser: Browser) -> None:
    """API reference, oauth/authenticate: force_login."""
    allowed(app, app.request_token(), "bo", browser)
    token = app.request_token()
    assert "Who are you?" in browser.open(app.page(token, force_login="true")).words
    decide(browser, "allow", person="chen")
    kept = app.providers.twitter.request_tokens[token[0]].person
    assert kept is not None and kept.key == "chen"


def test_a_screen_name_is_filled_in(app: Calling, browser: Browser) -> None:
    """API reference, oauth/authenticate: screen_name."""
    page = browser.open(app.page(app.request_token(), screen_name="daracodes"))
    assert ("person", "dara") in page.forms()[0].fields


def test_a_callback_in_the_address_is_not_heeded(app: Calling, browser: Browser) -> None:
    """No callback belongs here; django-allauth appends it all the same (providers/oauth/client.py)."""
    browser.open(app.page(app.request_token(), oauth_callback="http://example.org/"))
    assert is_back(decide(browser, "allow", person="ada"))


def test_after_logging_out_at_twitter_it_asks_again(app: Calling, browser: Browser) -> None:
    allowed(app, app.request_token(), "bo", browser)
    browser.open(f"{app.providers.url}/twitter/")
    assert browser.page is not None
    browser.submit(browser.page.forms()[0])
    assert "Who are you?" in browser.open(app.page(app.request_token())).words


@pytest.mark.parametrize("endpoint", ["authenticate", "authorize"])
@pytest.mark.parametrize("token", ["unknown", "none", "spent", "old"])
def test_a_token_that_is_not_good_ends_on_a_page_without_a_way_back(
    app: Calling, browser: Browser, clock: Clock, endpoint: str, token: str
) -> None:
    """Recorded in arunagw/omniauth-twitter #58; status and lifetime are not known, and here they are ours."""
    good = app.request_token()
    address = app.page(good, endpoint)
    if token == "unknown":
        address += "x"
    elif token == "none":
        address = address.partition("?")[0]
    elif token == "spent":
        app.providers.twitter.request_tokens[good[0]].spent = True
    else:
        clock.now += 15 * 60 + 1
    page = browser.open(address)
    assert page.status == 403 and "Whoa there! The request token for this page is invalid." in page.words
    assert not [link for link in page.links() if CALLBACK_PATH in link]


def test_a_token_is_good_for_a_quarter_of_an_hour(app: Calling, browser: Browser, clock: Clock) -> None:
    token = app.request_token()
    clock.now += 15 * 60
    assert browser.open(app.page(token)).status == 200


def test_nobody_can_decide_for_somebody_elses_browser(app: Calling, browser: Browser) -> None:
    """RFC 6749 section 10.12's attack, on the provider's own form."""
    page = browser.open(app.page(app.request_token()))
    (form,) = page.forms()
    another = a_person()
    another.open(page.url)
    assert another.submit(form, decision="allow", person="eve").status == 403
    browser.open(page.url)
    for csrf_token in ("", "guessed", "é"):
        assert browser.submit(form, decision="allow", person="ada", csrf_token=csrf_token).status == 403
    assert is_back(browser.submit(form, decision="allow", person="ada"))


@pytest.mark.parametrize("person", ["", "nobody"])
def test_nobody_cannot_allow(app: Calling, browser: Browser, person: str) -> None:
    browser.open(app.page(app.request_token()))
    assert decide(browser, "allow", person=person).status == 400


def test_out_of_band_the_page_shows_a_pin_of_seven_digits(app: Calling, browser: Browser) -> None:
    """PIN-based OAuth."""
    token = app.request_token("oob")
    browser.open(app.page(token, "authorize"))
    page = decide(browser, "allow", person="ada")
    pin = app.providers.twitter.request_tokens[token[0]].verifier
    assert (
        len(page.answers) == 1 and pin is not None and pin.isdigit() and len(pin) == 7 and pin in page.words
    )


def test_out_of_band_somebody_who_has_allowed_before_gets_a_pin_as_well(
    app: Calling, browser: Browser
) -> None:
    allowed(app, app.request_token(), "ada", browser)
    token = app.request_token("oob")
    page = browser.open(app.page(token))
    assert (
        page.status == 200 and app.providers.twitter.request_tokens[token[0]].verifier in page.words.split()
    )


def test_out_of_band_a_refusal_has_nothing_to_link_to(app: Calling, browser: Browser) -> None:
    """The callback of PIN-based OAuth is the string oob, and no URL."""
    browser.open(app.page(app.request_token("oob"), "authorize"))
    page = decide(browser, "refuse")
    assert "You have not signed in" in page.words and page.links() == [f"{app.providers.url}/twitter/"]


def test_what_a_query_says_is_shown_as_text(app: Calling, browser: Browser) -> None:
    page = browser.open(app.page(app.request_token(), screen_name='"><script>alert(1)</script>'))
    assert page.status == 200 and "<script>" not in page.text


def test_its_cookie_is_out_of_reach_of_scripts_and_other_sites(app: Calling, browser: Browser) -> None:
    page = browser.open(app.page(app.request_token()))
    (cookie,) = (value for name, value in page.headers if name.lower() == "set-cookie")
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/twitter" in cookie
