"""The made-up people: each server has its own, they can change, and there can be many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import FrozenInstanceError

import pytest
import requests
from werkzeug.wrappers import Response

from workbook.providers.crowd import many_people
from workbook.providers.people import PEOPLE, People, Person, person
from workbook.providers.server import ProvidersServer

from .calling import VERIFY, Calling, a_person
from .facebook_client import FacebookClient
from .github_client import GitHubClient
from .google_client import GoogleClient
from .oauth2 import json_of


def test_without_others_it_is_everybody() -> None:
    with ProvidersServer() as providers:
        assert tuple(providers.people) == PEOPLE and len(providers.people) == len(PEOPLE)


def test_a_change_is_seen_at_once_by_old_tokens_and_browsers(app: Calling) -> None:
    """A user can change their screen name; the ID stays (docs.x.com, API reference)."""
    token = app.access_token("ada")
    app.providers.people.change("ada", name="Ada Obi", twitter={"screen_name": "ada_new", "email": None})
    body = app.ask(f"{VERIFY}?include_email=true", token, method="GET").json()
    assert (body["name"], body["screen_name"], body["email"]) == ("Ada Obi", "ada_new", None)
    assert body["id"] == person("ada").twitter.id
    assert "@ada_new" in a_person().open(app.page(app.request_token())).words


def test_a_change_at_one_server_is_none_elsewhere(providers: ProvidersServer) -> None:
    providers.people.change("bo", facebook={"email": "new@example.org"}, github={"login": "bo"})
    with ProvidersServer() as other:
        assert other.people["bo"] == person("bo") == PEOPLE[1]
    assert providers.people["bo"].facebook.email == "new@example.org"
    assert providers.people["bo"].google == person("bo").google


def test_what_there_is_not_cannot_be_changed(providers: ProvidersServer) -> None:
    with pytest.raises(KeyError):
        providers.people.change("nobody", name="Somebody")
    with pytest.raises(TypeError, match="screen"):
        providers.people.change("ada", twitter={"screen": "x"})
    with pytest.raises(FrozenInstanceError):
        providers.people["ada"].name = "x"  # type: ignore[misc]
    assert tuple(providers.people) == PEOPLE


def test_somebody_new_can_sign_in(facebook: FacebookClient) -> None:
    new = many_people(6)[-1]
    facebook.providers.people.add(new)
    assert json_of(facebook.graph("/me", token=facebook.token(new.key)))["name"] == new.name
    with pytest.raises(ValueError, match=f"'{new.key}' already"):
        facebook.providers.people.add(new)


def test_many_people_are_the_same_each_time_and_begin_with_those_who_are_known() -> None:
    assert many_people(50) == many_people(50) and many_people(50)[:30] == many_people(30)
    assert many_people(3) == list(PEOPLE[:3]) and many_people(0) == []


def test_no_two_people_share_what_is_one_persons() -> None:
    people = many_people(300)
    ids = [
        (one.key, one.twitter.id, one.twitter.screen_name, one.facebook.id, one.google.sub, one.github.id)
        for one in people
    ]
    for column in zip(*ids, strict=True):
        assert len(set(column)) == 300
    assert len({one.github.login for one in people}) == 300


def test_fifty_people_are_awkward_in_every_way() -> None:
    people = many_people(50)
    names = [one.name for one in people]
    assert len(set(names)) < len(names), "two of the same name"
    assert any(not name.isascii() for name in names)
    assert any(one.facebook.email is None and one.twitter.email is None for one in people[5:])
    addresses = [one.twitter.email for one in people if one.twitter.email]
    assert len(set(addresses)) == len(addresses)
    assert len({address.lower() for address in addresses}) < len(addresses), "the same in other letters"
    assert {one.twitter.id for one in people} & {one.github.id for one in people}, "two sites, one number"
    assert all(one.twitter.id != one.github.id for one in people)
    assert max(one.twitter.id for one in people) > 2**53 and max(len(one.google.sub) for one in people) == 21
    assert all(one.twitter.id < 2**63 and one.github.id < 2**53 for one in people), "as the real ones"
    assert all(one.google.sub.isdigit() and one.facebook.id.isdigit() for one in people)


@pytest.fixture(scope="module")
def crowded() -> Iterator[ProvidersServer]:
    with ProvidersServer(people=many_people(50)) as providers:
        providers.mount("/", Response("You are back."))
        yield providers


@pytest.mark.parametrize("one", many_people(50)[5:], ids=lambda one: one.key)
def test_each_of_fifty_signs_in(crowded: ProvidersServer, one: Person) -> None:
    body = Calling(crowded).ask(VERIFY, Calling(crowded).access_token(one.key), method="GET").json()
    assert (body["id"], body["name"]) == (one.twitter.id, one.name)
    facebook, google, github = (client(crowded) for client in (FacebookClient, GoogleClient, GitHubClient))
    assert json_of(facebook.graph("/me", token=facebook.token(one.key)))["id"] == one.facebook.id
    claims = json_of(google.userinfo(google.tokens(one.key)["access_token"]))
    assert (claims["sub"], claims["email"]) == (one.google.sub, one.google.email)
    account = github.api("/user", github.token(one.key)).json()
    assert (account["id"], account["name"]) == (one.github.id, one.github.name)


def test_the_pages_show_all_fifty(crowded: ProvidersServer) -> None:
    for provider in crowded.names:
        page = requests.get(f"{crowded.url}/{provider}/", timeout=10)
        assert page.status_code == 200
        assert page.text.count("<li>") >= 50


def test_people_can_be_looked_up() -> None:
    people = People()
    assert people.get("ada") == people["ada"] == person("ada")
    assert people.get("nobody") is None and people.get(None) is None
    with pytest.raises(KeyError):
        people["nobody"]
