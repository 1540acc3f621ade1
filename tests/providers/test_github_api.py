"""The local GitHub's /user and /user/emails, and the errors of its API (docs.github.com, REST API, and recordings)."""

from __future__ import annotations

import http.client
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from workbook.providers.people import PEOPLE, GitHubEmail, Person

from .github_client import GitHubClient


def refused(answer: requests.Response, status: int) -> str:
    """The message of an error of the API's; the status is in the body, too, as a string."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"message", "documentation_url", "status"} and body["status"] == str(status)
    assert body["documentation_url"].startswith("https://docs.github.com/rest")
    return str(body["message"])


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.key)
def test_user_tells_who_the_person_is(github: GitHubClient, person: Person) -> None:
    """python-social-auth, tests/backends/test_github.py; django-allauth's has a null name. The email address is the
    public one, null for most people whatever the token may read (octokit/octokit.net #488)."""
    answer = github.api("/user", github.token(person.key))
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    body = answer.json()
    assert (body["id"], body["login"]) == (person.github.id, person.github.login)
    assert type(body["id"]) is int
    assert (body["name"], body["email"]) == (person.github.name, person.github.email)
    assert body["type"] == "User" and body["company"] is None and type(body["followers"]) is int
    assert datetime.strptime(body["created_at"], "%Y-%m-%dT%H:%M:%SZ")
    assert requests.get(body["avatar_url"], timeout=10).status_code == 200
    assert not {"email_verified", "verified"} & body.keys()


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.key)
def test_emails_tells_all_addresses_and_what_is_known_of_each(github: GitHubClient, person: Person) -> None:
    """pennersr/django-allauth, tests/.../github/tests.py."""
    body = github.api("/user/emails?per_page=100", github.token(person.key)).json()
    assert isinstance(body, list)
    assert [GitHubEmail(**one) for one in body] == list(person.github.emails)
    assert all(set(one) == {"email", "primary", "verified", "visibility"} for one in body)
    assert sum(one["primary"] for one in body) == 1
    assert all(type(one["verified"]) is bool for one in body)


def test_people_of_every_kind_are_there() -> None:
    accounts = {person.key: person.github for person in PEOPLE}
    assert {account.email is None for account in accounts.values()} == {True, False}
    assert {account.name is None for account in accounts.values()} == {True, False}
    ada, eve, dara = (accounts[key] for key in ("ada", "eve", "dara"))
    assert ada.emails[0].verified and not eve.emails[0].verified
    assert ada.emails[0].email == eve.emails[0].email, "another person's email address"
    assert dara.email is None and not dara.emails[0].primary, "the first is not the one"
    assert not any(one.primary for one in accounts["bo"].emails[:30]), "it is on the second page"


def links_of(answer: requests.Response) -> dict[str, str]:
    """The pages that the Link header names, by relation."""
    return {name: link["url"] for name, link in answer.links.items()}


def test_a_list_comes_in_pages_of_thirty(github: GitHubClient) -> None:
    """docs.github.com, List email addresses: 30 by default; Using pagination in the REST API: the Link header."""
    token = github.token("bo")
    listed = [one.email for one in github.providers.people["bo"].github.emails]
    first = github.api("/user/emails", token)
    assert [one["email"] for one in first.json()] == listed[:30]
    address = f"{github.url}/api/user/emails"
    assert links_of(first) == {"next": f"{address}?page=2", "last": f"{address}?page=2"}
    headers = {"Authorization": f"Bearer {token}"}
    second = requests.get(links_of(first)["next"], headers=headers, timeout=10)
    assert [one["email"] for one in second.json()] == listed[30:]
    assert [one["email"] for one in second.json() if one["primary"]] == ["bo-codes@example.net"]
    assert links_of(second) == {"prev": f"{address}?page=1", "first": f"{address}?page=1"}


def test_a_list_that_one_page_holds_has_no_link_header(github: GitHubClient) -> None:
    assert "Link" not in github.api("/user/emails", github.token("dara")).headers
    assert "Link" not in github.api("/user/emails?per_page=100", github.token("bo")).headers


@pytest.mark.parametrize(
    ("query", "begin", "length", "pages"),
    [
        ("per_page=100", 0, 32, {}),
        ("per_page=1000", 0, 32, {}),
        ("per_page=10", 0, 10, {"next": 2, "last": 4}),
        ("per_page=10&page=2", 10, 10, {"prev": 1, "next": 3, "last": 4, "first": 1}),
        ("per_page=10&page=4", 30, 2, {"prev": 3, "first": 1}),
        ("per_page=10&page=9", 32, 0, {"prev": 4, "first": 1}),
        *(
            (f"{name}={value}", 0, 30, {"next": 2, "last": 2})
            for name in ("page", "per_page")
            for value in ("0", "-1", "x")
        ),
    ],
)
def test_the_app_says_how_long_a_page_is(
    github: GitHubClient, query: str, begin: int, length: int, pages: dict[str, int]
) -> None:
    """The same: per_page, 100 at most, and page. A value that is no number counts here as not given."""
    answer = github.api(f"/user/emails?{query}", github.token("bo"))
    listed = [one.email for one in github.providers.people["bo"].github.emails]
    assert [one["email"] for one in answer.json()] == listed[begin : begin + length]
    named = {name: parse_qs(urlsplit(url).query) for name, url in links_of(answer).items()}
    assert {name: int(asked["page"][0]) for name, asked in named.items()} == pages
    if "per_page=10&" in f"{query}&":
        assert all(asked["per_page"] == ["10"] for asked in named.values())


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "token"])
def test_the_token_stands_in_the_header(github: GitHubClient, scheme: str) -> None:
    """Authorization: Bearer, or token, GitHub's older scheme."""
    assert github.api("/user", github.token(), scheme).status_code == 200


@pytest.mark.parametrize("path", ["/user", "/user/emails"])
def test_without_a_good_token_it_is_401(github: GitHubClient, path: str) -> None:
    token = github.token()
    assert refused(github.api(path, "gho_x"), 401) == "Bad credentials"
    assert refused(github.api(path, token, "Basic"), 401) == "Bad credentials"
    assert refused(github.api(path), 401) == "Requires authentication"
    assert github.api(f"{path}?access_token={token}").status_code == 401


@pytest.mark.parametrize("scope", [None, "read:user", "gist repo"])
def test_without_the_scope_the_addresses_are_not_found(github: GitHubClient, scope: str | None) -> None:
    """404, and not 403 (octokit/core.js #338). The account is in the response all the same."""
    token = github.token("dara", scope=scope)
    assert refused(github.api("/user/emails", token), 404) == "Not Found"
    body = github.api("/user", token).json()
    assert body["login"] == "daracodes" and body["email"] is None


@pytest.mark.parametrize("scope", ["user:email", "user"])
def test_each_of_two_scopes_will_do(github: GitHubClient, scope: str) -> None:
    """Scopes for OAuth apps: user has user:email in it."""
    assert github.api("/user/emails", github.token(scope=scope)).status_code == 200


def test_headers_tell_what_the_token_may_and_the_call_takes(github: GitHubClient) -> None:
    """Scopes for OAuth apps."""
    token = github.token(scope="user:email gist")
    headers = github.api("/user/emails", token).headers
    assert headers["X-OAuth-Scopes"] == "gist, user:email"
    assert set(headers["X-Accepted-OAuth-Scopes"].split(", ")) == {"user", "user:email"}
    assert github.api("/user", token).headers["X-OAuth-Scopes"] == "gist, user:email"


@pytest.mark.parametrize("path", ["/user", "/user/emails"])
def test_without_a_user_agent_it_is_403(github: GitHubClient, path: str) -> None:
    """Getting started with the REST API: plain text, and no JSON. requests always sends a User-Agent, http.client does
    not."""
    token = github.token()
    connection = http.client.HTTPConnection(urlsplit(github.url).netloc, timeout=10)
    for headers, status in (({}, 403), ({"User-Agent": ""}, 403), ({"User-Agent": "my app"}, 200)):
        connection.request(
            "GET", f"/github/api{path}", headers={"Authorization": f"Bearer {token}", **headers}
        )
        answer = connection.getresponse()
        text = answer.read().decode()
        assert answer.status == status
        assert ("Request forbidden by administrative rules" in text) == (status == 403)
        assert (answer.getheader("Content-Type") == "text/html") == (status == 403)
    connection.close()
    assert [attempt.status for attempt in github.providers.github.attempts[-3:]] == [403, 403, 200]


def test_the_pages_need_no_user_agent(github: GitHubClient) -> None:
    connection = http.client.HTTPConnection(urlsplit(github.url).netloc, timeout=10)
    connection.request("GET", "/github/")
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.parametrize("root", ["/github/api/v3", "/api/v3"])
def test_the_api_is_where_enterprise_server_has_it(github: GitHubClient, root: str) -> None:
    """docs.github.com, Enterprise Server: http(s)://HOSTNAME/api/v3. Some clients accept only a host."""
    headers = {"Authorization": f"Bearer {github.token('dara')}"}
    for path, has in (("/user", "daracodes"), ("/user/emails", "dara.old@example.com")):
        answer = requests.get(f"{github.providers.url}{root}{path}", headers=headers, timeout=10)
        assert answer.status_code == 200 and has in answer.text
    answer = requests.get(f"{github.providers.url}{root}/nothing", headers=headers, timeout=10)
    assert refused(answer, 404) == "Not Found"
    answer = requests.get(f"{github.providers.url}{root}/user", headers={"User-Agent": ""}, timeout=10)
    assert answer.status_code == 403


def test_a_call_that_there_is_not_is_not_found(github: GitHubClient) -> None:
    assert refused(github.api("/nothing", github.token()), 404) == "Not Found"


def test_a_person_who_changes_keeps_their_id(github: GitHubClient) -> None:
    """login can change, id cannot."""
    token = github.token("ada")
    emails = (GitHubEmail("new@example.org", primary=True, verified=True),)
    github.providers.people.change("ada", github={"login": "ada-new", "email": None, "emails": emails})
    body = github.api("/user", token).json()
    assert (body["id"], body["login"], body["email"]) == (PEOPLE[0].github.id, "ada-new", None)
    assert [one["email"] for one in github.api("/user/emails", token).json()] == ["new@example.org"]


def test_what_was_allowed_can_be_taken_back(github: GitHubClient) -> None:
    """In the user's settings at GitHub."""
    token, other = github.token("bo"), github.token("ada")
    github.providers.github.revoke(github.providers.people["bo"])
    assert github.api("/user", token).status_code == 401 and github.api("/user", other).status_code == 200
