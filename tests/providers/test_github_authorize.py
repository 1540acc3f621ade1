"""The local GitHub's page, as in docs.github.com (Authorizing OAuth apps), and recordings."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
import requests

from workbook.lab.browser import Browser
from workbook.providers.people import PEOPLE, Person

from .calling import a_person
from .github_client import GitHubClient
from .google_client import new_verifier
from .oauth2 import STATE


@pytest.fixture
def browser() -> Browser:
    return a_person()


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.key)
def test_whoever_allows_comes_back_with_a_code_and_the_state(github: GitHubClient, person: Person) -> None:
    """Twenty hexadecimal digits (davido/gerrit-oauth-provider #76); and iss since August 2026 (RFC 9207;
    openiddict/openiddict-core #2529)."""
    back = github.back(person.key)
    assert list(back) == ["code", "state", "iss"]
    assert (back["state"], back["iss"]) == (STATE, f"{github.url}/login/oauth")
    assert len(back["code"]) == 20 and int(back["code"], 16)
    assert github.providers.github.codes[back["code"]].person.key == person.key


def test_a_refusal_has_a_description_and_a_page(github: GitHubClient) -> None:
    """Troubleshooting authorization request errors, Access denied. That iss comes too is RFC 9207's."""
    assert github.back(decision="refuse") == {
        "error": "access_denied",
        "error_description": "The user has denied your application access.",
        "error_uri": "https://docs.github.com/apps/managing-oauth-apps/"
        "troubleshooting-authorization-request-errors/#access-denied",
        "state": STATE,
        "iss": f"{github.url}/login/oauth",
    }
    state = github.providers.github
    assert not state.codes and not state.granted and not state.sessions.logged_in


def test_response_type_may_be_left_out(github: GitHubClient) -> None:
    """Authorizing OAuth apps, Parameters: it is not among them."""
    assert github.code(response_type=None)


def test_no_state_is_given_back_where_none_came(github: GitHubClient) -> None:
    assert "state" not in github.back(state=None)


@pytest.mark.parametrize("decision", ["allow", "refuse"])
def test_a_query_of_the_callback_survives(github: GitHubClient, decision: str) -> None:
    page = github.decided(decision=decision, redirect_uri=f"{github.callback}?next=%2Fa%26b")
    assert page.query.startswith("next=%2Fa%26b&")


def test_without_an_address_it_is_the_registered_one(github: GitHubClient, browser: Browser) -> None:
    """Authorizing OAuth apps, Redirect URLs. No server listens there in this test."""
    (form,) = browser.open(github.page(redirect_uri=None)).forms()
    page = browser.submit(form, follow=False, decision="allow", person="ada")
    assert (page.answers[0].header("Location") or "").startswith(
        f"{github.providers.github.callbacks[0]}?code="
    )


@pytest.mark.parametrize(
    "scope,granted",
    [
        ("read:user user:email", ("read:user", "user:email")),
        ("user:email,read:user", ("read:user", "user:email")),
        ("user,gist,user:email", ("gist", "user")),
        ("user:email house", ("user:email",)),
        (None, ()),
        ("", ()),
    ],
)
def test_scopes_are_normalised(github: GitHubClient, scope: str | None, granted: tuple[str, ...]) -> None:
    """Scopes for OAuth apps, Normalized scopes. With blanks in between, or commas, as python-social-auth sends them."""
    github.back("bo", scope=scope)
    assert github.providers.github.granted["bo"] == granted


def test_whoever_has_approved_is_sent_straight_back(github: GitHubClient, browser: Browser) -> None:
    """Authorizing OAuth apps. Also for fewer scopes than before; not for more."""
    github.back("bo", scope="user", browser=browser)
    for scope in ("user", "user:email", "read:user user:email", None):
        page = browser.open(github.page(scope=scope))
        assert page.path == github.callback_path and "code=" in page.query
    page = browser.open(github.page(scope="user gist"))
    assert "You are signed in as bolindqvist" in page.words and "radio" not in page.text


def test_without_a_scope_the_token_gets_all_that_were_granted_before(github: GitHubClient) -> None:
    """Authorizing OAuth apps, scope: "…the user won't be shown the page with the list of scopes"."""
    assert github.swap(github.code("bo", scope=None)).json()["scope"] == ""
    github.code("bo", scope="user:email gist")
    assert github.swap(github.code("bo", scope=None)).json()["scope"] == "gist,user:email"
    assert github.swap(github.code("bo", scope="gist")).json()["scope"] == "gist"


def test_select_account_asks_who_it_is(github: GitHubClient, browser: Browser) -> None:
    """Authorizing OAuth apps, prompt."""
    github.back("bo", browser=browser)
    assert "Who are you?" in browser.open(github.page(prompt="select_account")).words
    back = github.back("dara", browser=browser, prompt="select_account")
    assert github.providers.github.codes[back["code"]].person.key == "dara"


def test_the_link_to_another_account_leads_to_the_choice(github: GitHubClient, browser: Browser) -> None:
    github.back("bo", browser=browser)
    page = browser.open(github.page(scope="gist"))
    (link,) = [link for link in page.links() if "select_account" in link]
    assert "Who are you?" in browser.click(link).words


def test_a_login_is_suggested(github: GitHubClient, browser: Browser) -> None:
    """Authorizing OAuth apps, login."""
    page = browser.open(github.page(login="daracodes"))
    assert ("person", "dara") in page.forms()[0].fields


@pytest.mark.parametrize("client", [None, "", "1234"])
def test_an_app_that_is_not_known_is_a_page_that_is_not_found(
    github: GitHubClient, browser: Browser, client: str | None
) -> None:
    """src-d/code-annotation #253."""
    page = browser.open(github.page(client_id=client))
    assert page.status == 404 and not page.forms()


NOT_GOOD: dict[str, tuple[dict[str, str | None], str]] = {
    "not on the list": ({"redirect_uri": "http://localhost:5000/elsewhere"}, "is not associated with this"),
    "below it": (
        {"redirect_uri": "http://localhost:5000/auth/github/callback/x"},
        "is not associated with this",
    ),
    "above it": ({"redirect_uri": "http://localhost:5000/auth/github"}, "is not associated with this"),
    "another host": (
        {"redirect_uri": "http://example.org/auth/github/callback"},
        "is not associated with this",
    ),
    "another scheme": (
        {"redirect_uri": "https://localhost/auth/github/callback"},
        "is not associated with this",
    ),
    "no address at all": ({"redirect_uri": "http://[half"}, "is not associated with this"),
    "another flow": ({"response_type": "token"}, "knows only the code flow"),
    "plain": ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "S256"),
    "no method": ({"code_challenge": "x" * 43}, "S256"),
    "too short a challenge": ({"code_challenge": "x", "code_challenge_method": "S256"}, "S256"),
}


@pytest.mark.parametrize("why", NOT_GOOD)
def test_what_is_not_good_ends_on_a_page_without_a_way_back(
    github: GitHubClient, browser: Browser, why: str
) -> None:
    """The page that users report; the documentation says that the registered callback gets the error. Paths are
    compared whole, as for apps made since August 2026 (Wildcard matching). PKCE: S256 only, 43 characters."""
    changed, says = NOT_GOOD[why]
    page = browser.open(github.page(**changed))
    assert page.status == 400 and says in page.words
    assert len(page.answers) == 1 and not page.forms()
    assert not [link for link in page.links() if not link.startswith(github.url)]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_its_list_takes_any_port_of_this_machine(github: GitHubClient, browser: Browser, host: str) -> None:
    """As the real one: Loopback redirect urls."""
    asked = github.page(redirect_uri=f"http://{host}:8123/auth/github/callback")
    assert browser.open(asked).status == 200


def test_a_challenge_is_taken(github: GitHubClient) -> None:
    _, challenge = new_verifier()
    assert github.code(**challenge)


def test_nobody_can_decide_for_somebody_elses_browser(github: GitHubClient, browser: Browser) -> None:
    """RFC 6749 section 10.12's attack, on the provider's own form."""
    page = browser.open(github.page())
    (form,) = page.forms()
    another = a_person()
    another.open(page.url)
    assert another.submit(form, decision="allow", person="eve").status == 403
    browser.open(page.url)
    for csrf_token in ("", "guessed", "é"):
        assert browser.submit(form, decision="allow", person="ada", csrf_token=csrf_token).status == 403
    assert browser.submit(form, decision="allow", person="ada").path == github.callback_path


@pytest.mark.parametrize("person", ["", "nobody"])
def test_nobody_cannot_allow(github: GitHubClient, browser: Browser, person: str) -> None:
    (form,) = browser.open(github.page()).forms()
    assert browser.submit(form, decision="allow", person=person).status == 400


def test_after_logging_out_at_github_it_asks_again(github: GitHubClient, browser: Browser) -> None:
    github.back("bo", browser=browser)
    browser.submit(browser.open(f"{github.url}/").forms()[0])
    assert "Who are you?" in browser.open(github.page()).words


def test_its_cookie_is_out_of_reach_of_scripts_and_other_sites(github: GitHubClient) -> None:
    cookie = requests.get(github.page(), timeout=10).headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/github" in cookie


def test_a_client_that_knows_only_a_host_logs_in(github: GitHubClient, browser: Browser) -> None:
    """As at GitHub Enterprise Server: http(s)://HOSTNAME/login/oauth/authorize (docs.github.com)."""
    address = github.page(scope="user:email").replace("/github/login", "/login")
    (form,) = browser.open(address).forms()
    page = browser.submit(form, decision="allow", person="ada")
    assert page.path == github.callback_path and "code=" in page.query
    code = dict(parse_qsl(page.query))["code"]
    address, headers = f"{github.providers.url}/login/oauth/access_token", {"Accept": "application/json"}
    form_data = {"client_id": github.key, "client_secret": github.secret, "code": code}
    answer = requests.post(address, form_data, headers=headers, timeout=10)
    assert answer.json()["scope"] == "user:email"
    senders = [(m.sender, m.path) for m in github.providers.messages if m.is_request]
    assert senders[0][0] == "browser" and senders[-1] == ("app", "/github/login/oauth/access_token")


WILDCARD = "/auth/github/callback"


@pytest.mark.parametrize(
    ("path", "accepted"),
    [
        (WILDCARD, True),
        (f"{WILDCARD}/", True),
        (f"{WILDCARD}/subdir/other", True),
        (f"{WILDCARD}x", False),
        ("/auth/github", False),
        ("/", False),
        (f"{WILDCARD}/../../facebook/callback", False),
        (f"{WILDCARD}/%2e%2e/facebook", False),
        (f"{WILDCARD}\\..\\facebook", False),
    ],
)
@pytest.mark.parametrize("wildcard", [True, False])
def test_with_wildcard_matching_a_path_below_is_enough(
    github: GitHubClient, path: str, accepted: bool, wildcard: bool
) -> None:
    """docs.github.com, Authorizing OAuth apps, Redirect URLs: the host matches, and the path references a
    subdirectory."""
    state = github.providers.github
    state.wildcard = wildcard
    listed = f"http://localhost:5000{path}"
    assert state.callback_listed(listed) is (accepted if wildcard else path == WILDCARD)
    assert not state.callback_listed(listed.replace("localhost", "evil.example"))


def test_with_wildcard_matching_a_code_goes_to_a_path_below(github: GitHubClient) -> None:
    github.providers.github.wildcard = True
    below = f"{github.callback}/deeper"
    page = github.decided(redirect_uri=below)
    assert page.url.startswith(f"{below}?code=")
