"""The part of the Graph API that a login needs: `me`, the permissions, the proof of the secret."""

from __future__ import annotations

import pytest
import requests

from workbook.providers.facebook.graph import proof
from workbook.providers.people import PEOPLE, Person

from .facebook_client import FacebookClient, error_of
from .oauth2 import json_of

ALL = "id,name,first_name,last_name,short_name,picture,email"


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.key)
def test_it_tells_who_the_person_is(facebook: FacebookClient, person: Person) -> None:
    """The ID is a string of digits (pennersr/django-allauth, tests/.../facebook/tests.py); the email address is left
    out, and never null, where there is no confirmed one (facebookarchive/php-graph-sdk #932)."""
    body = json_of(facebook.graph("/me", token=facebook.token(person.key), fields=ALL))
    assert body["id"] == person.facebook.id and str(body["id"]).isdigit()
    assert body["name"] == person.name == f"{body['first_name']} {body['last_name']}"
    assert ("email" in body) == (person.facebook.email is not None)
    assert body.get("email") == person.facebook.email
    assert not {"email_verified", "verified"} & body.keys()


def test_somebody_has_no_address_and_somebody_has() -> None:
    assert {person.facebook.email is None for person in PEOPLE} == {True, False}


def test_without_fields_it_is_id_and_name(facebook: FacebookClient) -> None:
    """osclass/plugin-facebook #7."""
    assert json_of(facebook.graph("/me", token=facebook.token())) == {
        "id": "10223847561029384",
        "name": "Ada Okafor",
    }


@pytest.mark.parametrize(
    "fields", ["email", "name,email", "email,email", " email , name ", "picture{url},email"]
)
def test_only_what_was_asked_for_comes_and_the_id(facebook: FacebookClient, fields: str) -> None:
    """Graph API, Reading fields."""
    body = json_of(facebook.graph("/me", token=facebook.token(), fields=fields))
    wanted = {name.strip().partition("{")[0] for name in fields.split(",")}
    assert set(body) == wanted | {"id"}


@pytest.mark.parametrize("how", ["not asked for", "unticked", "taken back"])
def test_what_was_not_granted_is_left_out_and_no_error(facebook: FacebookClient, how: str) -> None:
    """php-graph-sdk #932: by design."""
    if how == "not asked for":
        token = facebook.token(scope="public_profile")
    else:
        token = facebook.token(untick=("email",) if how == "unticked" else ())
    if how == "taken back":
        assert json_of(facebook.graph("/me", token=token, fields="email"))["email"]
        assert facebook.graph("/me/permissions/email", "DELETE", token=token).json() is True
    assert set(json_of(facebook.graph("/me", token=token, fields="id,email"))) == {"id"}


def test_the_picture_is_an_object_with_an_address(facebook: FacebookClient) -> None:
    """pennersr/django-allauth, tests/.../facebook/tests.py."""
    body = json_of(facebook.graph("/me", token=facebook.token(), fields="picture"))
    picture = body["picture"]["data"]  # type: ignore[index]
    assert isinstance(picture["is_silhouette"], bool)
    assert requests.get(picture["url"], timeout=10).headers["Content-Type"].startswith("image/svg+xml")


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("picture{url}", {"url"}),
        ("picture{url,height}", {"url", "height"}),
        ("picture.width(120).height(90){width, height}", {"width": 120, "height": 90}),
        ("picture.type(large)", {"height": 200, "width": 200, "is_silhouette": True}),
    ],
)
def test_the_picture_has_the_size_and_the_fields_that_were_asked_for(
    facebook: FacebookClient, field: str, wanted: set[str] | dict[str, object]
) -> None:
    """Graph API, Reading fields: field expansion. A comma in braces separates no fields of the user."""
    body = json_of(facebook.graph("/me", token=facebook.token(), fields=f"name,{field},email"))
    assert set(body) == {"id", "name", "picture", "email"}
    picture = body["picture"]["data"]  # type: ignore[index]
    if isinstance(wanted, dict):
        assert wanted.items() <= picture.items()
    else:
        assert set(picture) == wanted


@pytest.mark.parametrize(
    "fields",
    [
        "id,email,name,first_name,last_name,verified,locale,timezone,link,gender,updated_time",  # django-allauth
        "id,first_name,last_name,picture,email,gender,timezone,location,birthday,locale",  # authomatic
        "id,name,last_name,first_name,middle_name",  # passport-facebook
    ],
)
def test_fields_that_are_no_longer_given_are_left_out(facebook: FacebookClient, fields: str) -> None:
    """Clients ask for them by default. Facebook's response today is not known."""
    body = json_of(facebook.graph("/me", token=facebook.token(), fields=fields))
    here = {"id", "email", "name", "first_name", "last_name", "picture"}
    assert set(body) == {"id", *here & set(fields.split(","))}


@pytest.mark.parametrize(
    "fields", ["picture{url", "picture{house}", "name}", "name(", "name,,email", ",", "id name"]
)
def test_what_is_no_list_of_fields_is_an_error(facebook: FacebookClient, fields: str) -> None:
    answer = facebook.graph("/me", token=facebook.token(), fields=fields)
    assert error_of(answer)[:3] == ("OAuthException", 100, None)


@pytest.mark.parametrize("name", ["house", "email_verified", "verified", "", "\n", "Ωé", '"'])
def test_a_field_that_there_is_not_is_an_error(facebook: FacebookClient, name: str) -> None:
    answer = facebook.graph("/me", token=facebook.token(), fields=f"id,{name}x")
    assert error_of(answer)[:3] == ("OAuthException", 100, None)


def test_the_token_may_stand_in_the_header(facebook: FacebookClient) -> None:
    """Flask-Dance sends it so, python-social-auth in the query string; RFC 6750 section 2.1."""
    token = facebook.token()
    for scheme in ("Bearer", "OAuth", "bearer"):
        headers = {"Authorization": f"{scheme} {token}"}
        assert json_of(requests.get(f"{facebook.url}/graph/me", headers=headers, timeout=10))["id"]
    headers = {"Authorization": f"Basic {token}"}
    assert requests.get(f"{facebook.url}/graph/me", headers=headers, timeout=10).status_code == 400


@pytest.mark.parametrize("path", ["/me", "/me/permissions"])
def test_without_a_token_and_with_a_bad_one_it_is_400_and_not_401(
    facebook: FacebookClient, path: str
) -> None:
    """2500: pablobarbera/Rfacebook #123; 190: emes30/facebook_messenger #2."""
    assert error_of(facebook.graph(path)) == (
        "OAuthException",
        2500,
        None,
        "An active access token must be used to query information about the current user.",
    )
    answer = facebook.graph(path, token="EAAx")
    assert error_of(answer) == (
        "OAuthException",
        190,
        None,
        "Invalid OAuth access token - Cannot parse access token",
    )
    assert '"invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_person_who_changes_is_told_of_as_they_are(facebook: FacebookClient) -> None:
    """An old token, too, gives the present data; the ID stays."""
    token = facebook.token()
    before = json_of(facebook.graph("/me", token=token, fields="id,name,email"))
    facebook.providers.people.change("ada", name="Ada Obi", facebook={"email": "ada.obi@example.org"})
    after = json_of(facebook.graph("/me", token=token, fields="id,name,email"))
    assert after == {"id": before["id"], "name": "Ada Obi", "email": "ada.obi@example.org"}


def test_me_permissions_tells_what_was_said(facebook: FacebookClient) -> None:
    """Graph API reference, User permissions: granted or declined."""
    token = facebook.token(untick=("email",))
    assert json_of(facebook.graph("/me/permissions", token=token)) == {
        "data": [
            {"permission": "public_profile", "status": "granted"},
            {"permission": "email", "status": "declined"},
        ]
    }


@pytest.mark.parametrize("node", ["me", "10223847561029384"])
def test_an_app_can_be_removed(facebook: FacebookClient, node: str) -> None:
    """The response of DELETE is true (User permissions); the token is invalid then: 190, 458 (Handling errors)."""
    token = facebook.token()
    assert facebook.graph(f"/{node}/permissions", "DELETE", token=token).json() is True
    kind, number, subcode, message = error_of(facebook.graph("/me", token=token))
    assert (kind, number, subcode) == ("OAuthException", 190, 458)
    assert message.endswith(f"The user has not authorized application {facebook.key}.")
    page = facebook.decided(decision="refuse")
    assert "error=access_denied" in page.query, "whoever has removed the app is asked again"


def test_one_permission_can_be_taken_back(facebook: FacebookClient) -> None:
    """DELETE /{id}/permissions/{name}. It counts as declined afterwards."""
    token = facebook.token()
    assert facebook.graph("/me/permissions/email", "DELETE", token=token).json() is True
    said = json_of(facebook.graph("/me/permissions", token=token))["data"]
    assert said == [
        {"permission": "public_profile", "status": "granted"},
        {"permission": "email", "status": "declined"},
    ]
    assert json_of(facebook.graph("/me", token=token))["id"]
    facebook.graph("/me/permissions/public_profile", "DELETE", token=token)
    assert error_of(facebook.graph("/me", token=token))[2] == 458
    assert "ada" not in facebook.providers.facebook.decisions, "everything is asked for again"


def test_somebody_elses_permissions_are_not_to_be_had(facebook: FacebookClient) -> None:
    facebook.token("bo")
    token = facebook.token("ada")
    for method in ("GET", "DELETE"):
        answer = facebook.graph("/10158293847561/permissions", method, token=token)
        assert error_of(answer)[:3] == ("GraphMethodException", 100, 33)
    assert facebook.providers.facebook.decisions["bo"]["email"] is True


def test_a_proof_of_the_secret_is_looked_at(facebook: FacebookClient) -> None:
    """Securing Graph API requests; python-social-auth and django-allauth send it. HMAC-SHA-256 of the token."""
    token = facebook.token()
    right = proof(facebook.secret, token)
    assert len(right) == 64
    assert json_of(facebook.graph("/me", token=token, appsecret_proof=right))
    for wrong in ("", "x", "é", proof("another", token), proof(facebook.secret, "another")):
        assert error_of(facebook.graph("/me", token=token, appsecret_proof=wrong)) == (
            "GraphMethodException",
            100,
            None,
            "Invalid appsecret_proof provided in the API argument",
        )


def test_a_proof_can_be_required(facebook: FacebookClient) -> None:
    """The app's setting "Require App Secret": adamwathan/eloquent-oauth-l5 #46."""
    token = facebook.token()
    facebook.providers.facebook.proof_required = True
    assert error_of(facebook.graph("/me", token=token)) == (
        "GraphMethodException",
        100,
        None,
        "API calls from the server require an appsecret_proof argument",
    )
    assert json_of(facebook.graph("/me", token=token, appsecret_proof=proof(facebook.secret, token)))


@pytest.mark.parametrize("path", ["/nothing", "/me/nothing/at/all"])
def test_a_call_that_there_is_not_is_an_error_of_the_same_form(facebook: FacebookClient, path: str) -> None:
    kind, number, _, message = error_of(facebook.graph(path, token=facebook.token()))
    assert (kind, number) == ("OAuthException", 2500) and path in message
