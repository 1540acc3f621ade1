"""The local GitHub's token endpoint, as in docs.github.com (Authorizing OAuth apps), and recordings."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import pytest
import requests

from workbook.providers.github.state import CODE_LIFETIME

from .conftest import Clock
from .github_client import GitHubClient, error_of, form_of
from .google_client import new_verifier

BAD_CODE = ("bad_verification_code", "The code passed is incorrect or expired.")


@pytest.mark.parametrize("accept", [None, "*/*", "text/html", "application/vnd.github+json"])
def test_the_answer_is_form_encoded(github: GitHubClient, accept: str | None) -> None:
    """By default; scopes with commas, token_type in lower case, no expires_in."""
    answer = github.swap(github.code(), accept=accept)
    assert answer.status_code == 200
    values = form_of(answer)
    assert list(values) == ["access_token", "scope", "token_type"]
    assert values["access_token"].startswith("gho_")
    assert (values["scope"], values["token_type"]) == ("read:user,user:email", "bearer")
    assert "scope=read%3Auser%2Cuser%3Aemail" in answer.text


def test_json_comes_where_it_is_asked_for(github: GitHubClient) -> None:
    answer = github.swap(github.code())
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    body = answer.json()
    assert set(body) == {"access_token", "scope", "token_type"} and body["scope"] == "read:user,user:email"
    (attempt,) = github.providers.github.attempts
    assert (attempt.secret_valid, attempt.person, attempt.status) == (True, "ada", 200)
    assert attempt.verifier_valid is None


def test_xml_comes_where_it_is_asked_for(github: GitHubClient) -> None:
    answer = github.swap(github.code(), accept="application/xml")
    assert answer.headers["Content-Type"].startswith("application/xml")
    root = ElementTree.fromstring(answer.text)
    assert root.tag == "OAuth" and [child.tag for child in root] == ["access_token", "scope", "token_type"]


@pytest.mark.parametrize(
    "scope,said", [("user:email", "user:email"), (None, ""), ("user,user:email", "user")]
)
def test_the_scopes_that_were_granted_are_told(github: GitHubClient, scope: str | None, said: str) -> None:
    assert github.swap(github.code(scope=scope)).json()["scope"] == said


def test_no_grant_type_and_no_address_are_needed(github: GitHubClient) -> None:
    """redirect_uri is recommended, grant_type is not named (Authorizing OAuth apps); libraries send one all the
    same."""
    assert "access_token" in github.swap(github.code(), redirect_uri=None).json()
    assert "access_token" in github.swap(github.code(), grant_type="authorization_code").json()


@pytest.mark.parametrize("place", ["query", "JSON", "header"])
def test_its_parameters_may_stand_elsewhere(github: GitHubClient, place: str) -> None:
    """Not documented; oauthlib and other libraries rely on it."""
    asked = {"client_id": github.key, "client_secret": github.secret, "code": github.code()}
    headers = {"Accept": "application/json"}
    if place == "header":
        pair = f"{asked.pop('client_id')}:{asked.pop('client_secret')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    kind = {"query": "params", "JSON": "json", "header": "data"}[place]
    address = f"{github.url}/login/oauth/access_token"
    answer = requests.post(address, **{kind: asked}, headers=headers, timeout=10)  # type: ignore[arg-type]
    assert "access_token" in answer.json()


@pytest.mark.parametrize("body", [[], "text", None, {"code": ["x"]}])
def test_json_that_makes_no_sense_is_an_app_that_is_not_known(github: GitHubClient, body: object) -> None:
    answer = requests.post(f"{github.url}/login/oauth/access_token", json=body, timeout=10)
    assert answer.status_code == 404


def test_by_get_there_is_nothing(github: GitHubClient) -> None:
    """omab/python-social-auth #327."""
    assert github.swap(github.code(), method="GET").status_code == 404


def test_a_code_works_once(github: GitHubClient) -> None:
    """With the same message as for one that never was; status 200 (jaredhanson/passport-github, lib/strategy.js)."""
    code = github.code()
    assert "access_token" in github.swap(code).json()
    assert error_of(github.swap(code)) == error_of(github.swap("0" * 20)) == BAD_CODE


def test_of_many_at_once_one_gets_a_token(github: GitHubClient) -> None:
    code = github.code()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: github.swap(code), range(8)))
    assert sum("access_token" in answer.json() for answer in answers) == 1
    assert len(github.providers.github.access_tokens) == 1


def test_a_code_lives_for_ten_minutes(github: GitHubClient, clock: Clock) -> None:
    """Authorizing OAuth apps."""
    one, other = github.code(), github.code()
    clock.now += CODE_LIFETIME
    assert "access_token" in github.swap(one).json()
    clock.now += 1
    assert error_of(github.swap(other)) == BAD_CODE


REFUSALS: dict[str, tuple[dict[str, str | None], tuple[str, str]]] = {
    "another code": ({"code": "nonsense"}, BAD_CODE),
    "no code": ({"code": None}, BAD_CODE),
    "another secret": (
        {"client_secret": "guessed"},
        ("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect."),
    ),
    "no secret": (
        {"client_secret": None},
        ("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect."),
    ),
    "another address": (
        {"redirect_uri": "http://localhost:5000/"},
        (
            "redirect_uri_mismatch",
            "The redirect_uri MUST match the registered callback URL for this application.",
        ),
    ),
}


@pytest.mark.parametrize("why", REFUSALS)
def test_errors_come_with_status_200(github: GitHubClient, why: str) -> None:
    """Troubleshooting OAuth app access token request errors; sourcegraph/sourcegraph-public-snapshot #14295."""
    changed, said = REFUSALS[why]
    code = github.code()
    given = {"code": code, **changed}
    answer = github.swap(given.pop("code"), **given)
    assert error_of(answer) == said
    answer.raise_for_status()  # a careless app relies on this
    assert github.providers.github.attempts[-1].error == said[0]
    assert "access_token" in github.swap(code).json()


def test_errors_are_form_encoded_too(github: GitHubClient) -> None:
    """davido/gerrit-oauth-provider #76."""
    values = form_of(github.swap("nonsense", accept=None))
    assert values["error"] == "bad_verification_code" and "+" not in values["error_description"]
    assert "access_token" not in values


def test_an_app_that_is_not_known_is_another_error(github: GitHubClient) -> None:
    """octokit/auth-oauth-user.js #239."""
    for client in ("1234", None):
        answer = github.swap(github.code(), client_id=client)
        assert (answer.status_code, answer.json()) == (404, {"error": "Not Found"})


def test_pkce_is_verified(github: GitHubClient) -> None:
    """RFC 7636 section 4.6; code_verifier is required then (Authorizing OAuth apps). The error is ours."""
    verifier, challenge = new_verifier()
    code = github.code(**challenge)
    for wrong in (None, "", new_verifier()[0], challenge["code_challenge"], verifier + "x"):
        assert error_of(github.swap(code, code_verifier=wrong)) == BAD_CODE
        assert github.providers.github.attempts[-1].verifier_valid is False
    assert "access_token" in github.swap(code, code_verifier=verifier).json()
    assert github.providers.github.attempts[-1].verifier_valid is True


def test_whose_primary_address_is_not_verified_can_be_refused(github: GitHubClient) -> None:
    """unverified_user_email (the same page). Here only where a test asks for it: the local one is kinder."""
    assert "access_token" in github.swap(github.code("eve")).json()
    github.providers.github.verified_primary_required = True
    said = ("unverified_user_email", "The user must have a verified primary email.")
    assert error_of(github.swap(github.code("eve"))) == said
    assert "access_token" in github.swap(github.code("dara")).json()


def test_tokens_and_codes_are_new_each_time(github: GitHubClient) -> None:
    """RFC 6749 section 10.10."""
    codes = [github.code() for _ in range(3)]
    tokens = {github.swap(code).json()["access_token"] for code in codes}
    assert len(set(codes)) == len(tokens) == 3


def test_the_oldest_of_eleven_tokens_ends(github: GitHubClient) -> None:
    """docs.github.com, Token expiration: ten for each user, app and set of scopes."""
    other, narrow = github.token("bo"), github.token("ada", scope="read:user")
    tokens = [github.token("ada") for _ in range(10)]
    assert {github.api("/user", token).status_code for token in tokens} == {200}
    tokens += [github.token("ada"), github.token("ada")]
    assert [github.api("/user", token).status_code for token in tokens] == [401] * 2 + [200] * 10
    assert {github.api("/user", token).status_code for token in (other, narrow)} == {200}


@pytest.mark.parametrize("root", ["/github", ""])
def test_the_device_flow_is_not_switched_on(github: GitHubClient, root: str) -> None:
    """octokit/create-octokit-project.js #208: status 400, in the form that Accept asks for."""
    address = f"{github.providers.url}{root}/login/device/code"
    told = {
        "error": "device_flow_disabled",
        "error_description": "Device Flow must be explicitly enabled for this App",
        "error_uri": "https://docs.github.com",
    }
    answer = requests.post(address, {"client_id": github.key}, timeout=10)
    assert answer.status_code == 400 and form_of(answer) == told
    as_json = {"Accept": "application/json"}
    answer = requests.post(address, json={"client_id": github.key}, headers=as_json, timeout=10)
    assert answer.status_code == 400 and answer.json() == told
    answer = requests.post(address, {"client_id": "another"}, headers=as_json, timeout=10)
    assert answer.status_code == 404 and answer.json() == {"error": "Not Found"}
    answer = github.swap(
        None, grant_type="urn:ietf:params:oauth:grant-type:device_code", device_code="x", client_secret=None
    )
    assert answer.status_code == 400 and answer.json() == told
