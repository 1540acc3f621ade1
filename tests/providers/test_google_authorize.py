"""The local Google's page: Using OAuth 2.0 for Web Server Applications, OpenID Connect reference, recordings."""

from __future__ import annotations

import pytest
import requests

from workbook.lab.browser import Browser
from workbook.providers.people import PEOPLE, Person

from .calling import a_person
from .google_client import EMAIL, PROFILE, GoogleClient, new_verifier
from .oauth2 import STATE


@pytest.fixture
def browser() -> Browser:
    return a_person()


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.key)
def test_whoever_allows_comes_back_with_a_code_and_more(google: GoogleClient, person: Person) -> None:
    """state, a code with a slash, the granted scopes by their full names, authuser and prompt, as recorded; and iss
    since February 2026 (RFC 9207; openiddict/openiddict-core #2428)."""
    back = google.back(person.key)
    assert back.pop("hd", None) == person.google.hd
    assert set(back) == {"state", "iss", "code", "scope", "authuser", "prompt"}
    assert (back["state"], back["iss"]) == (STATE, google.url)
    assert back["code"].startswith("4/0") and back["prompt"] == "consent" and back["authuser"] == "0"
    assert set(back["scope"].split()) == {"openid", EMAIL, PROFILE}
    assert google.providers.google.codes[back["code"]].person.key == person.key


def test_the_slash_of_a_code_is_encoded_in_the_address(google: GoogleClient) -> None:
    assert "code=4%2F0" in google.decided().query


def test_a_refusal_says_so_and_gives_the_state_back(google: GoogleClient) -> None:
    """error=access_denied, and no description (Using OAuth 2.0, step 4). That iss comes too is RFC 9207's."""
    assert google.back(decision="refuse") == {"state": STATE, "iss": google.url, "error": "access_denied"}
    state = google.providers.google
    assert not state.codes and not state.granted and not state.sessions.logged_in


def test_no_state_is_given_back_where_none_came(google: GoogleClient) -> None:
    assert "state" not in google.back(state=None)


@pytest.mark.parametrize("decision", ["allow", "refuse"])
def test_a_query_of_the_callback_survives(google: GoogleClient, decision: str) -> None:
    page = google.decided(decision=decision, redirect_uri=f"{google.callback}?next=%2Fa%26b")
    assert page.query.startswith("next=%2Fa%26b&")


def test_the_older_address_works_too(google: GoogleClient) -> None:
    """python-social-auth, backends/google.py; Flask-Dance, contrib/google.py."""
    google.dialog = "/o/oauth2/auth"
    assert google.code()


@pytest.mark.parametrize(
    "scope,granted",
    [
        ("openid", "openid"),
        ("email", f"{EMAIL} openid"),
        ("profile openid", f"{PROFILE} openid"),
        (f"openid {PROFILE} {EMAIL}", f"{EMAIL} {PROFILE} openid"),
    ],
)
def test_scopes_come_back_by_other_names(google: GoogleClient, scope: str, granted: str) -> None:
    """requests/requests-oauthlib #387: full names, openid added, in Google's own order."""
    assert google.back(scope=scope)["scope"] == granted


def test_the_page_is_shown_once_for_a_set_of_scopes(google: GoogleClient, browser: Browser) -> None:
    """Using OAuth 2.0, prompt: without it users are asked the first time only. prompt=none shows that they were not
    asked."""
    google.back("bo", scope="openid email", browser=browser)
    page = browser.open(google.page(scope="email"))
    assert page.path == google.callback_path and "prompt=none" in page.query
    page = browser.open(google.page(scope="email profile"))
    assert "You are signed in as Bo Lindqvist" in page.words and "radio" not in page.text


def test_consent_asks_again_and_select_account_asks_who(google: GoogleClient, browser: Browser) -> None:
    """The same: prompt."""
    google.back("bo", browser=browser)
    page = browser.open(google.page(prompt="consent"))
    assert "You are signed in as Bo Lindqvist" in page.words
    assert "Choose an account" in browser.open(google.page(prompt="select_account")).words
    assert "Choose an account" in browser.open(google.page(prompt="select_account consent")).words
    back = google.back("dara", browser=browser, prompt="select_account")
    assert google.providers.google.codes[back["code"]].person.key == "dara"


def test_the_link_to_another_account_leads_to_the_choice(google: GoogleClient, browser: Browser) -> None:
    google.back("bo", browser=browser)
    page = browser.open(google.page(scope="email profile openid", prompt=None, nonce="n"))
    assert page.path == google.callback_path
    google.providers.google.granted.clear()
    page = browser.open(google.page())
    (link,) = [link for link in page.links() if "select_account" in link]
    assert "Choose an account" in browser.click(link).words


def test_none_never_shows_a_page(google: GoogleClient, browser: Browser) -> None:
    """OpenID Connect Core section 3.1.2.6: login_required, consent_required."""
    page = browser.open(google.page(prompt="none"))
    assert page.path == google.callback_path and "error=login_required" in page.query
    google.back("bo", scope="openid", browser=browser)
    assert "error=consent_required" in browser.open(google.page(prompt="none")).query
    google.back("bo", browser=browser)
    assert "code=" in browser.open(google.page(prompt="none")).query


@pytest.mark.parametrize("hint", ["dara@example.org", "109283746501928374650"])
def test_a_hint_chooses_beforehand(google: GoogleClient, browser: Browser, hint: str) -> None:
    """login_hint: an email address, or a sub."""
    page = browser.open(google.page(login_hint=hint))
    assert ("person", "dara") in page.forms()[0].fields


def test_a_domain_chooses_beforehand_and_binds_nobody(google: GoogleClient, browser: Browser) -> None:
    """hd only shapes the page (oauth2-proxy/oauth2-proxy #2363): the ID token's hd is what counts."""
    page = browser.open(google.page(hd="example.edu"))
    assert ("person", "chen") in page.forms()[0].fields
    assert "hd" not in google.back("ada", hd="example.edu")


def test_scopes_that_were_granted_before_can_be_included(google: GoogleClient) -> None:
    """include_granted_scopes=true (Using OAuth 2.0, Incremental authorization)."""
    google.back("bo", scope="openid email")
    assert google.back("bo", scope="profile")["scope"] == f"{PROFILE} openid"
    back = google.back("bo", scope="profile", include_granted_scopes="true")
    assert set(back["scope"].split()) == {EMAIL, PROFILE, "openid"}


NOT_GOOD: dict[str, tuple[dict[str, str | None], int, str]] = {
    "no client": ({"client_id": None}, 400, "invalid_request"),
    "another client": ({"client_id": "1234"}, 401, "invalid_client"),
    "no address": ({"redirect_uri": None}, 400, "invalid_request"),
    "not on the list": ({"redirect_uri": "http://localhost:5000/elsewhere"}, 400, "redirect_uri_mismatch"),
    "a slash more": (
        {"redirect_uri": "http://localhost:5000/auth/google/callback/"},
        400,
        "redirect_uri_mismatch",
    ),
    "another host": (
        {"redirect_uri": "https://example.org/auth/google/callback"},
        400,
        "redirect_uri_mismatch",
    ),
    "another scheme": (
        {"redirect_uri": "https://localhost:5000/auth/google/callback"},
        400,
        "redirect_uri_mismatch",
    ),
    "no address at all": ({"redirect_uri": "http://[half"}, 400, "redirect_uri_mismatch"),
    "no scope": ({"scope": None}, 400, "invalid_request"),
    "no such scope": ({"scope": "openid house"}, 400, "invalid_scope"),
    "no response_type": ({"response_type": None}, 400, "invalid_request"),
    "another flow": ({"response_type": "id_token"}, 400, "knows only response_type=code"),
    "none and more": ({"prompt": "none consent"}, 400, "invalid_request"),
    # googleapis/google-api-php-client #2444
    "no such prompt": (
        {"prompt": "consent;"},
        400,
        "Invalid parameter value for prompt: Invalid prompt: consent;",
    ),
    "plain": ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, 400, "S256"),
    "no method": ({"code_challenge": "x" * 43}, 400, "S256"),
    "too short a challenge": ({"code_challenge": "x", "code_challenge_method": "S256"}, 400, "S256"),
}


@pytest.mark.parametrize("why", NOT_GOOD)
def test_what_is_not_good_ends_on_a_page_without_a_way_back(
    google: GoogleClient, browser: Browser, why: str
) -> None:
    """Authorization errors: "Access blocked", with status, error code and details, and never a redirect
    (googleapis/google-api-php-client #2559)."""
    changed, status, says = NOT_GOOD[why]
    page = browser.open(google.page(**changed))
    assert page.status == status and says in page.words and "Access blocked" in page.words
    assert len(page.answers) == 1 and not page.forms()
    assert not [link for link in page.links() if not link.startswith(google.url)]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_its_list_takes_any_port_of_this_machine(google: GoogleClient, browser: Browser, host: str) -> None:
    """The local one is kinder there, as its pages say."""
    asked = google.page(redirect_uri=f"http://{host}:8123/auth/google/callback")
    assert browser.open(asked).status == 200


def test_a_challenge_is_taken(google: GoogleClient) -> None:
    _, challenge = new_verifier()
    assert google.code(**challenge)


def test_nobody_can_decide_for_somebody_elses_browser(google: GoogleClient, browser: Browser) -> None:
    """RFC 6749 section 10.12's attack, on the provider's own form."""
    page = browser.open(google.page())
    (form,) = page.forms()
    another = a_person()
    another.open(page.url)
    assert another.submit(form, decision="allow", person="eve").status == 403
    browser.open(page.url)
    for csrf_token in ("", "guessed", "é"):
        assert browser.submit(form, decision="allow", person="ada", csrf_token=csrf_token).status == 403
    assert browser.submit(form, decision="allow", person="ada").path == google.callback_path


@pytest.mark.parametrize("person", ["", "nobody"])
def test_nobody_cannot_allow(google: GoogleClient, browser: Browser, person: str) -> None:
    (form,) = browser.open(google.page()).forms()
    assert browser.submit(form, decision="allow", person=person).status == 400


def test_after_logging_out_at_google_it_asks_again(google: GoogleClient, browser: Browser) -> None:
    google.back("bo", browser=browser)
    browser.submit(browser.open(f"{google.url}/").forms()[0])
    assert "Choose an account" in browser.open(google.page()).words


def test_its_cookie_is_out_of_reach_of_scripts_and_other_sites(google: GoogleClient) -> None:
    cookie = requests.get(google.page(), timeout=10).headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/google" in cookie


def test_what_a_query_says_is_shown_as_text(google: GoogleClient, browser: Browser) -> None:
    page = browser.open(google.page(scope="<script>alert(1)</script>"))
    assert page.status == 400 and "<script>" not in page.text
