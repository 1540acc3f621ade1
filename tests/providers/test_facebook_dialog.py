"""The local Facebook's dialog, as in developers.facebook.com (Facebook Login, manual flow) and recordings."""

from __future__ import annotations

import pytest
import requests

from workbook.lab.browser import Browser
from workbook.providers.people import PEOPLE

from .calling import a_person
from .facebook_client import FacebookClient
from .oauth2 import STATE


@pytest.fixture
def browser() -> Browser:
    return a_person()


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.key)
def test_whoever_allows_comes_back_with_a_code_and_the_state(
    facebook: FacebookClient, person: object
) -> None:
    """Manual flow: code in the query string, state unchanged, and nothing else."""
    key = person.key  # type: ignore[attr-defined]
    back = facebook.back(key)
    assert list(back) == ["code", "state"] and back["state"] == STATE
    assert facebook.providers.facebook.codes[back["code"]].person.key == key


@pytest.mark.parametrize(
    "path", ["/v2.12/dialog/oauth", "/v3.2/dialog/oauth", "/v26.0/dialog/oauth", "/dialog/oauth"]
)
def test_any_version_will_do_and_none(facebook: FacebookClient, path: str) -> None:
    """python-social-auth pins v24.0, Flask-Dance names none (contrib/facebook.py)."""
    facebook.dialog = path
    assert facebook.code()


@pytest.mark.parametrize("response_type", [None, "code"])
def test_the_code_flow_is_what_is_meant_without_a_word(
    facebook: FacebookClient, response_type: str | None
) -> None:
    """Manual flow: response_type is code by default."""
    assert facebook.code(response_type=response_type)


def test_no_state_is_given_back_where_none_came(facebook: FacebookClient) -> None:
    """state "returns unchanged" (manual flow)."""
    assert "state" not in facebook.back(state=None)
    assert facebook.back(state="")["code"]


@pytest.mark.parametrize("decision", ["allow", "refuse"])
def test_the_address_ends_in_a_fragment_that_the_app_never_sees(
    facebook: FacebookClient, decision: str
) -> None:
    """jaredhanson/passport-facebook #128."""
    page = facebook.decided(decision=decision)
    assert (page.answers[0].header("Location") or "").endswith("#_=_")
    assert "_=_" not in page.url


@pytest.mark.parametrize("decision", ["allow", "refuse"])
def test_a_query_of_the_callback_survives(facebook: FacebookClient, decision: str) -> None:
    page = facebook.decided(decision=decision, redirect_uri=f"{facebook.callback}?next=%2Fa%26b")
    assert page.query.startswith("next=%2Fa%26b&")


def test_a_refusal_has_four_parameters_and_the_state(facebook: FacebookClient) -> None:
    """mkdynamic/omniauth-facebook #124; passport-facebook test/strategy.test.js."""
    assert facebook.back(decision="refuse") == {
        "error": "access_denied",
        "error_code": "200",
        "error_description": "Permissions error",
        "error_reason": "user_denied",
        "state": STATE,
    }
    state = facebook.providers.facebook
    assert not state.codes and not state.decisions and not state.sessions.logged_in


def test_an_unticked_permission_is_an_ordinary_yes(facebook: FacebookClient) -> None:
    """mkdynamic/omniauth-facebook #155; users can untick all but public_profile (Handle declined permissions)."""
    back = facebook.back("bo", untick=("email",))
    assert list(back) == ["code", "state"]
    assert facebook.providers.facebook.decisions["bo"] == {"public_profile": True, "email": False}


def test_nobody_can_untick_the_profile(facebook: FacebookClient, browser: Browser) -> None:
    """Handle declined permissions."""
    page = browser.open(facebook.page())
    assert 'type="checkbox" checked disabled' in page.text
    (form,) = page.forms()
    assert [value for name, value in form.fields if name == "permission"] == ["email"]


@pytest.mark.parametrize(
    "scope", ["email,public_profile", "email", "public_profile email", "email, public_profile"]
)
def test_scopes_stand_between_commas_or_blanks(facebook: FacebookClient, scope: str) -> None:
    """Commas in every client of Facebook's; blanks are RFC 6749 section 3.3's."""
    facebook.back("bo", scope=scope)
    assert facebook.providers.facebook.decisions["bo"] == {"public_profile": True, "email": True}


def test_without_a_scope_only_the_profile_is_asked_for(facebook: FacebookClient, browser: Browser) -> None:
    assert "your email address" not in browser.open(facebook.page(scope=None)).words
    facebook.back("bo", scope=None)
    assert facebook.providers.facebook.decisions["bo"] == {"public_profile": True}


def test_return_scopes_tells_what_was_granted_and_what_was_not(facebook: FacebookClient) -> None:
    """python-social-auth, backends/facebook.py: granted_scopes and denied_scopes, with commas."""
    back = facebook.back("bo", untick=("email",), return_scopes="true")
    assert (back["granted_scopes"], back["denied_scopes"]) == ("public_profile", "email")
    back = facebook.back("ada", return_scopes="true")
    assert (back["granted_scopes"], back["denied_scopes"]) == ("public_profile,email", "")


def test_whoever_has_decided_is_not_asked_again(facebook: FacebookClient, browser: Browser) -> None:
    """Not even for declined permissions (Flask-Dance, contrib/facebook.py, rerequest_declined_permissions)."""
    facebook.back("bo", untick=("email",), browser=browser)
    page = browser.open(facebook.page())
    assert page.path == facebook.callback_path and "code=" in page.query
    assert facebook.providers.facebook.decisions["bo"]["email"] is False


def test_rerequest_asks_again_for_what_was_declined_and_only_that(
    facebook: FacebookClient, browser: Browser
) -> None:
    """The same; facebookarchive/php-graph-sdk, getReRequestUrl."""
    facebook.back("bo", untick=("email",), browser=browser)
    page = browser.open(facebook.page(auth_type="rerequest"))
    assert "You are logged in as Bo Lindqvist" in page.words and "your email address" in page.words
    assert "public_profile" not in page.text
    facebook.back("bo", browser=browser, auth_type="rerequest")
    assert facebook.providers.facebook.decisions["bo"] == {"public_profile": True, "email": True}
    page = browser.open(facebook.page(auth_type="rerequest"))
    assert page.path == facebook.callback_path, "what is granted is not asked again"


def test_a_permission_that_is_new_is_asked_for_alone(facebook: FacebookClient, browser: Browser) -> None:
    facebook.back("bo", scope="public_profile", browser=browser)
    page = browser.open(facebook.page())
    assert "your email address" in page.words and "public_profile" not in page.text


def test_reauthenticate_asks_again_who_it_is(facebook: FacebookClient, browser: Browser) -> None:
    """php-graph-sdk, Helpers/FacebookRedirectLoginHelper.php."""
    facebook.back("bo", browser=browser)
    assert "Who are you?" in browser.open(facebook.page(auth_type="reauthenticate")).words
    back = facebook.back("dara", browser=browser, auth_type="reauthenticate")
    assert facebook.providers.facebook.codes[back["code"]].person.key == "dara"


def test_after_logging_out_at_facebook_it_asks_again(facebook: FacebookClient, browser: Browser) -> None:
    facebook.back("bo", browser=browser)
    page = browser.open(f"{facebook.url}/")
    browser.submit(page.forms()[0])
    assert "Who are you?" in browser.open(facebook.page()).words


NOT_GOOD: dict[str, tuple[dict[str, str | None], str]] = {
    "no app": ({"client_id": None}, "The parameter app_id is required."),
    "another app": ({"client_id": "1234"}, "Error validating application. Invalid application ID."),
    "no address": ({"redirect_uri": None}, "redirect_uri isn't an absolute URI. Check RFC 3986."),
    "a relative address": ({"redirect_uri": "/auth"}, "redirect_uri isn't an absolute URI. Check RFC 3986."),
    "no address at all": (
        {"redirect_uri": "http://[half"},
        "redirect_uri isn't an absolute URI. Check RFC 3986.",
    ),
    "not on the list": ({"redirect_uri": "http://localhost:5000/elsewhere"}, "URL Blocked"),
    "another host": ({"redirect_uri": "https://example.org/auth/facebook/callback"}, "URL Blocked"),
    "another scheme": ({"redirect_uri": "https://localhost:5000/auth/facebook/callback"}, "URL Blocked"),
    "below it": ({"redirect_uri": "http://localhost:5000/auth/facebook/callback/x"}, "URL Blocked"),
    "a fragment": ({"redirect_uri": "http://localhost:5000/auth/facebook/callback#x"}, "URL Blocked"),
    "not HTTPS": ({"redirect_uri": "http://example.org/auth/facebook/callback"}, "Insecure Login Blocked"),
    "no such scope": ({"scope": "email,user_house"}, "Invalid Scopes: user_house."),
    "the implicit flow": ({"response_type": "token"}, "knows only response_type=code"),
}


@pytest.mark.parametrize("why", NOT_GOOD)
def test_what_is_not_good_ends_on_a_page_without_a_way_back(
    facebook: FacebookClient, browser: Browser, why: str
) -> None:
    """As users saw "URL Blocked" and "Insecure Login Blocked" (pennersr/django-allauth #1994); the status is ours."""
    changed, says = NOT_GOOD[why]
    page = browser.open(facebook.page(**changed))
    assert page.status == 400 and says in page.words
    assert len(page.answers) == 1 and not page.forms()
    assert not [link for link in page.links() if not link.startswith(facebook.url)]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_its_list_takes_any_port_of_this_machine(
    facebook: FacebookClient, browser: Browser, host: str
) -> None:
    """The local one is kinder there, as its pages say; the exception for localhost is the real one's."""
    asked = facebook.page(redirect_uri=f"http://{host}:8123/auth/facebook/callback")
    assert browser.open(asked).status == 200


def test_nobody_can_decide_for_somebody_elses_browser(facebook: FacebookClient, browser: Browser) -> None:
    """RFC 6749 section 10.12's attack, on the provider's own form."""
    page = browser.open(facebook.page())
    (form,) = page.forms()
    another = a_person()
    another.open(page.url)
    assert another.submit(form, decision="allow", person="eve").status == 403
    browser.open(page.url)
    for csrf_token in ("", "guessed", "é"):
        assert browser.submit(form, decision="allow", person="ada", csrf_token=csrf_token).status == 403
    assert browser.submit(form, decision="allow", person="ada").path == facebook.callback_path


def test_a_form_that_is_sent_with_another_question_is_not_redirected(
    facebook: FacebookClient, browser: Browser
) -> None:
    (form,) = browser.open(facebook.page()).forms()
    action = facebook.page(redirect_uri="https://example.org/")
    answer = browser.submit(
        type(form)(form.method, action, form.fields, form.buttons), decision="allow", person="ada"
    )
    assert answer.status == 403 and not answer.answers[0].header("Location")


@pytest.mark.parametrize("person", ["", "nobody"])
def test_nobody_cannot_allow(facebook: FacebookClient, browser: Browser, person: str) -> None:
    (form,) = browser.open(facebook.page()).forms()
    assert browser.submit(form, decision="allow", person=person).status == 400


def test_its_cookie_is_out_of_reach_of_scripts_and_other_sites(facebook: FacebookClient) -> None:
    cookie = requests.get(facebook.page(), timeout=10).headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/facebook" in cookie


def test_what_a_query_says_is_shown_as_text(facebook: FacebookClient, browser: Browser) -> None:
    page = browser.open(facebook.page(scope="<script>alert(1)</script>"))
    assert page.status == 400 and "<script>" not in page.text
