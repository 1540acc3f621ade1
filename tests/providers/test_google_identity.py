"""The user's identity at the local Google: discovery, keys, ID token, userinfo (OpenID Connect reference)."""

from __future__ import annotations

import hashlib
import json

import pytest
import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import load_pem_x509_certificate
from werkzeug.wrappers import Response

from workbook.providers.google.state import TOKEN_LIFETIME
from workbook.providers.people import PEOPLE, Person
from workbook.providers.server import ProvidersServer

from .conftest import Clock
from .google_client import GoogleClient, as_base64url, error_of, unpadded
from .oauth2 import json_of


def test_discovery_tells_where_everything_is(google: GoogleClient) -> None:
    """OpenID Connect Discovery section 3; each URL that it names is there, and the issuer is the document's own
    place."""
    told = google.discovered()
    # The fields of the OpenID Connect reference.
    assert set(told) == {
        *("issuer", "authorization_endpoint", "device_authorization_endpoint", "token_endpoint"),
        *("userinfo_endpoint", "revocation_endpoint", "jwks_uri", "response_types_supported"),
        *(
            "response_modes_supported",
            "authorization_response_iss_parameter_supported",
            "subject_types_supported",
        ),
        *("id_token_signing_alg_values_supported", "scopes_supported", "claims_supported"),
        *(
            "token_endpoint_auth_methods_supported",
            "code_challenge_methods_supported",
            "grant_types_supported",
        ),
    }
    assert told["issuer"] == google.url
    assert told["id_token_signing_alg_values_supported"] == ["RS256"]
    assert told["subject_types_supported"] == ["public"]
    assert told["response_types_supported"] == ["code"]
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["authorization_response_iss_parameter_supported"] is True
    assert set(told["token_endpoint_auth_methods_supported"]) == {"client_secret_post", "client_secret_basic"}
    for name, address in told.items():
        if name.endswith(("_endpoint", "_uri")):
            assert address.startswith(f"{google.url}/"), name
            assert requests.post(address, timeout=10).status_code != 404, name


def test_what_discovery_names_leads_to_a_login(google: GoogleClient) -> None:
    told = google.discovered()
    google.dialog = told["authorization_endpoint"].removeprefix(google.url)
    form = {
        "grant_type": "authorization_code",
        "client_id": google.key,
        "client_secret": google.secret,
        "redirect_uri": google.callback,
        "code": google.code(),
    }
    tokens = json_of(requests.post(told["token_endpoint"], data=form, timeout=10))
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert json_of(requests.get(told["userinfo_endpoint"], headers=headers, timeout=10))["sub"]


def test_the_key_is_published_and_its_secret_half_is_not(google: GoogleClient) -> None:
    """RFC 7517 section 4; RFC 7518 section 6.3."""
    (key,) = google.published_keys()
    assert set(key) == {"kty", "alg", "use", "kid", "n", "e"}
    assert (key["kty"], key["alg"], key["use"], key["e"]) == ("RSA", "RS256", "sig", "AQAB")
    assert len(unpadded(key["n"])) == 256
    answer = requests.get(google.discovered()["jwks_uri"], timeout=10)
    assert "max-age=" in answer.headers["Cache-Control"]


def test_an_older_address_has_the_keys_in_certificates(google: GoogleClient) -> None:
    """v1/certs: an object of kid and PEM, which google-auth reads (google/oauth2/id_token.py)."""
    google.providers.google.keys.rotate()
    told = json_of(requests.get(f"{google.url}/oauth2/v1/certs", timeout=10))
    again = json_of(requests.get(f"{google.url}/oauth2/v1/certs", timeout=10))
    assert told == again
    for key in google.published_keys():
        certificate = load_pem_x509_certificate(str(told.pop(key["kid"])).encode())
        public = certificate.public_key()
        assert isinstance(public, RSAPublicKey)
        assert public.public_numbers().n == int.from_bytes(unpadded(key["n"]), "big")
        certificate.verify_directly_issued_by(certificate)
    assert told == {}


def test_a_device_gets_no_code_for_an_app_of_the_web(google: GoogleClient) -> None:
    """anxdpanic/plugin.video.youtube #299 and #259."""
    address = google.discovered()["device_authorization_endpoint"]
    answer = requests.post(address, data={"client_id": google.key, "scope": "email"}, timeout=10)
    error, description = error_of(answer, 401)
    assert error == "invalid_client" and description.startswith("Only clients of type 'TVs and Limited Input")
    answer = requests.post(address, data={"client_id": "another"}, timeout=10)
    assert error_of(answer, 401) == ("invalid_client", "The OAuth client was not found.")


def test_keys_change_and_old_ones_stay_published(google: GoogleClient) -> None:
    """Authenticate with a backend server: keys rotate, and kid says which one signed."""
    before = google.tokens()["id_token"]
    google.providers.google.keys.rotate()
    after = google.tokens()["id_token"]
    kids = [json.loads(unpadded(str(token).split(".")[0]))["kid"] for token in (before, after)]
    assert kids == [key["kid"] for key in google.published_keys()] and len(set(kids)) == 2
    assert google.read(before)["sub"] == google.read(after)["sub"]


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.key)
def test_the_id_token_tells_who_the_person_is(google: GoogleClient, clock: Clock, person: Person) -> None:
    """OpenID Connect Core section 2; valid for an hour; email_verified is a boolean; hd for organisations only."""
    tokens = google.tokens(person.key, nonce="a nonce, with a blank & more")
    claims = google.read(tokens["id_token"])
    given, _, family = person.name.partition(" ")
    half = hashlib.sha256(str(tokens["access_token"]).encode()).digest()[:16]
    picture = claims.pop("picture")
    assert requests.get(picture, timeout=10).status_code == 200
    assert claims == {
        "iss": google.url,
        "azp": google.key,
        "aud": google.key,
        "sub": person.google.sub,
        "email": person.google.email,
        "email_verified": person.google.email_verified,
        "name": person.name,
        "given_name": given,
        "family_name": family,
        "at_hash": as_base64url(half),  # section 3.1.3.6
        "nonce": "a nonce, with a blank & more",
        "iat": int(clock.now),
        "exp": int(clock.now) + 3600,
        **({"hd": person.google.hd} if person.google.hd else {}),
    }
    assert claims["sub"].isdigit() and len(claims["sub"]) <= 255
    assert type(claims["email_verified"]) is bool


def test_people_of_every_kind_are_there() -> None:
    assert {person.google.email_verified for person in PEOPLE} == {True, False}
    assert {person.google.hd for person in PEOPLE} == {None, "example.edu"}
    (eve,) = (person for person in PEOPLE if not person.google.email_verified)
    assert eve.google.email == PEOPLE[0].google.email, "another person's email address"


@pytest.mark.parametrize("scope,there", [("openid", set()), ("email", {"email", "email_verified"})])
def test_the_scopes_say_what_is_told(google: GoogleClient, scope: str, there: set[str]) -> None:
    """OpenID Connect Core section 5.4."""
    tokens = google.tokens(scope=scope)
    about = {"email", "email_verified", "name", "given_name", "family_name", "picture"}
    assert about & google.read(tokens["id_token"]).keys() == there
    assert json_of(google.userinfo(tokens["access_token"])).keys() == there | {"sub"}


def test_without_a_nonce_there_is_none(google: GoogleClient) -> None:
    assert "nonce" not in google.read(google.tokens()["id_token"])


def test_a_bit_changed_is_noticed(google: GoogleClient) -> None:
    """RFC 7515 section 5.2: the basis of this file's checks."""
    head, body, signature = str(google.tokens()["id_token"]).split(".")
    claims = json.loads(unpadded(body))
    forged = as_base64url(json.dumps({**claims, "sub": "1"}).encode())
    with pytest.raises(InvalidSignature):
        google.read(f"{head}.{forged}.{signature}")


def test_an_id_token_can_be_made_that_is_not_to_be_believed(google: GoogleClient) -> None:
    """For checks of apps that read the ID token."""
    state = google.providers.google
    state.wrong_claims.update(aud="another app", nonce=None, exp=1)
    claims = google.read(google.tokens(nonce="n")["id_token"])
    assert (claims["aud"], claims["exp"]) == ("another app", 1) and "nonce" not in claims
    state.signed_by_stranger = True
    with pytest.raises(InvalidSignature):
        google.read(google.tokens()["id_token"])


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.key)
@pytest.mark.parametrize("path", ["/v1/userinfo", "/oauth2/v3/userinfo"])
def test_userinfo_tells_the_same(google: GoogleClient, path: str, person: Person) -> None:
    """OpenID Connect Core section 5.3; python-social-auth, tests/backends/test_google.py."""
    tokens = google.tokens(person.key)
    body = json_of(google.userinfo(tokens["access_token"], path))
    claims = google.read(tokens["id_token"])
    assert body == {name: claims[name] for name in body} and body["sub"] == person.google.sub
    assert set(body) - {"hd"} == {
        *("sub", "name", "given_name", "family_name", "picture", "email", "email_verified"),
    }


def test_the_second_version_has_other_names(google: GoogleClient) -> None:
    """pennersr/django-allauth, GoogleAccount."""
    body = json_of(google.userinfo(google.tokens("eve")["access_token"], "/oauth2/v2/userinfo"))
    assert (body["id"], body["verified_email"]) == (PEOPLE[4].google.sub, False)
    assert not {"sub", "email_verified"} & body.keys()


def challenge(answer: requests.Response) -> str:
    return answer.headers["WWW-Authenticate"]


def test_userinfo_wants_a_good_token(google: GoogleClient) -> None:
    """RFC 6750 section 3.1; the body of Google's own response is not known."""
    for bad in ("x", google.code(), google.tokens()["id_token"]):
        answer = google.userinfo(bad)
        assert error_of(answer, 401)[0] == "invalid_token"
        assert challenge(answer).startswith("Bearer ") and 'error="invalid_token"' in challenge(answer)
    assert requests.get(f"{google.url}/v1/userinfo?access_token=x", timeout=10).status_code == 401


@pytest.mark.parametrize("scheme", [None, "Basic", "token", "Bearer"])
def test_a_request_without_a_token_is_told_of_no_error(google: GoogleClient, scheme: str | None) -> None:
    """RFC 6750 section 3.1: no error code, and no other information."""
    good = google.tokens()["access_token"]
    headers = {} if scheme is None else {"Authorization": f"{scheme} {'' if scheme == 'Bearer' else good}"}
    answer = requests.get(f"{google.url}/v1/userinfo", headers=headers, timeout=10)
    assert answer.status_code == 401 and answer.json() == {}
    assert challenge(answer).startswith("Bearer ") and "error" not in challenge(answer)


def test_the_token_may_be_in_the_query_or_the_body(google: GoogleClient) -> None:
    """RFC 6750 sections 2.2 and 2.3. passport-google-oauth20 sends it in the query string."""
    token = {"access_token": google.tokens("bo")["access_token"]}
    address, sub = f"{google.url}/oauth2/v3/userinfo", PEOPLE[1].google.sub
    assert json_of(requests.get(address, params=token, timeout=10))["sub"] == sub
    assert json_of(requests.post(address, data=token, timeout=10))["sub"] == sub


def test_the_token_comes_in_one_way(google: GoogleClient) -> None:
    """RFC 6750 section 3.1: a request that uses more than one is an invalid_request, 400."""
    token = str(google.tokens()["access_token"])
    headers = {"Authorization": f"Bearer {token}"}
    address = f"{google.url}/v1/userinfo?access_token={token}"
    answer = requests.get(address, headers=headers, timeout=10)
    assert error_of(answer)[0] == "invalid_request" and 'error="invalid_request"' in challenge(answer)
    assert requests.get(f"{address}&access_token={token}", timeout=10).status_code == 400


def test_an_access_token_lives_for_an_hour(google: GoogleClient, clock: Clock) -> None:
    token = google.tokens()["access_token"]
    clock.now += TOKEN_LIFETIME
    assert google.userinfo(token).status_code == 200
    clock.now += 1
    assert google.userinfo(token).status_code == 401


def test_a_person_who_changes_keeps_their_sub(google: GoogleClient) -> None:
    """Google: sub is the key, the email address can change."""
    token = google.tokens("ada")["access_token"]
    google.providers.people.change("ada", google={"email": "new@example.org", "email_verified": False})
    body = json_of(google.userinfo(token))
    assert (body["sub"], body["email"], body["email_verified"]) == (
        PEOPLE[0].google.sub,
        "new@example.org",
        False,
    )


def test_no_key_is_made_before_somebody_asks() -> None:
    """A key takes a moment, and most logins are not with Google."""
    with ProvidersServer() as providers:
        providers.mount("/", Response("You are back."))
        google = GoogleClient(providers)
        google.code()
        assert not providers.google.keys._keys
        google.published_keys()
        google.tokens()
        assert len(providers.google.keys._keys) == 1, "and it is made once"


def seeded(seed: int | None, clock: Clock) -> list[object]:
    with ProvidersServer(seed=seed, clock=clock) as providers:
        providers.mount("/", Response("You are back."))
        google = GoogleClient(providers)
        tokens = google.tokens(nonce="n", access_type="offline")
        # The port differs each time, and is in the claims.
        head = str(tokens["id_token"]).split(".")[0]
        return [tokens["access_token"], tokens["refresh_token"], head, google.published_keys()]


def test_the_same_seed_gives_the_same_keys_and_tokens(clock: Clock) -> None:
    assert seeded(7, clock) == seeded(7, clock)
    for mine, theirs in zip(seeded(7, clock), seeded(8, clock), strict=True):
        assert mine != theirs


def test_without_a_seed_tokens_are_new_and_keys_are_those_of_the_process(clock: Clock) -> None:
    (*tokens, head, keys), (*other_tokens, other_head, other_keys) = seeded(None, clock), seeded(None, clock)
    assert not set(tokens) & set(other_tokens)
    assert (head, keys) == (other_head, other_keys)
    assert keys != seeded(7, clock)[-1]


def test_a_finished_id_token_can_be_spoilt(google: GoogleClient, providers: ProvidersServer) -> None:
    """For checks of apps that must reject it."""
    providers.google.tampered = lambda token: f"{token[:-4]}AAAA"
    with pytest.raises(InvalidSignature):
        google.read(google.tokens()["id_token"])


def test_the_endpoints_can_move(google: GoogleClient, providers: ProvidersServer) -> None:
    """For checks of apps that must read the discovery document."""
    moved = f"{google.url}/o/oauth2/token"
    providers.google.moved = {"token_endpoint": moved}
    assert google.discovered()["token_endpoint"] == moved
