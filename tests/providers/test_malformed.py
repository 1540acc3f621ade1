"""Malformed requests: each gets a client error as its response, or none if it is not whole, and the server goes on.
Each of these was a crash once."""

from __future__ import annotations

import json

import pytest
import requests

from workbook.providers.server import ProvidersServer

from .calling import FORM, Calling
from .facebook_client import FacebookClient
from .github_client import GitHubClient
from .google_client import GoogleClient
from .oauth2 import Client
from .raw import LONG, request, sent

TOKEN_ENDPOINTS = {
    "facebook": "graph/oauth/access_token",
    "google": "token",
    "github": "login/oauth/access_token",
    "twitter": "oauth/request_token",
}
KINDS = {"facebook": FacebookClient, "google": GoogleClient, "github": GitHubClient}


def token_url(providers: ProvidersServer, provider: str) -> str:
    return f"{providers.url}/{provider}/{TOKEN_ENDPOINTS[provider]}"


def is_fine(providers: ProvidersServer) -> bool:
    return requests.get(f"{providers.url}/google/", timeout=LONG).ok


# A body in chunks (RFC 9112 section 7.1) that is wrong, and one that ends early.
BAD_CHUNKS = (b"zz\r\nabc\r\n0\r\n\r\n", b"-1\r\nabc\r\n0\r\n\r\n", b"3\r\nabcde\r\n0\r\n\r\n")
CUT_CHUNKS = (b"ffffffffffffffff\r\nabc", b"ffffffffffffffff\r\n", b"5\r\nabc", b"5", b"0\r\nX: y")


def in_chunks(url: str, body: bytes) -> bytes:
    headers = {"Content-Type": FORM.encode(), "Transfer-Encoding": b"chunked"}
    return request(url, headers=headers).replace(b"GET ", b"POST ", 1) + body


@pytest.mark.parametrize("body", BAD_CHUNKS, ids=ascii)
@pytest.mark.parametrize("provider", TOKEN_ENDPOINTS)
def test_chunks_that_are_wrong_are_a_400(providers: ProvidersServer, provider: str, body: bytes) -> None:
    url = token_url(providers, provider)
    assert sent(url, in_chunks(url, body)).status == 400
    assert is_fine(providers) and providers.messages == []


@pytest.mark.parametrize("body", CUT_CHUNKS, ids=ascii)
@pytest.mark.parametrize("provider", TOKEN_ENDPOINTS)
def test_chunks_that_end_early_are_no_request(providers: ProvidersServer, provider: str, body: bytes) -> None:
    url = token_url(providers, provider)
    assert sent(url, in_chunks(url, body), and_no_more=True).status == 0
    assert is_fine(providers) and providers.messages == []


def test_chunks_without_an_end_are_too_long(providers: ProvidersServer) -> None:
    url = token_url(providers, "google")
    assert sent(url, in_chunks(url, b"ffffffffffffffff\r\n" + b"x" * 8 * 1024 * 1024)).status == 413
    assert sent(url, in_chunks(url, b"1\r\nx\r\n" * 1024 * 1024)).status == 413
    assert is_fine(providers) and providers.messages == []


@pytest.mark.parametrize(
    "shown",
    [
        b"Basic \xff",
        b"Basic /w==",
        b"Basic YTr/",
        b"Basic",
        b"Basic =",
        b"\xff",
        b"Bearer \xff",
        b"Digest a=\xff",
    ],
    ids=ascii,
)
@pytest.mark.parametrize("provider", KINDS)
def test_an_authorization_header_that_cannot_be_read_is_no_client(
    providers: ProvidersServer, provider: str, shown: bytes
) -> None:
    url = token_url(providers, provider)
    headers = {"Authorization": shown, "Content-Type": FORM.encode()}
    answer = sent(
        url, request(url, method="POST", headers=headers, body=b"grant_type=authorization_code&code=a")
    )
    assert answer.status in (400, 401, 404) and "error" in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 1000,
        b"[" * 15_000,
        b'{"a":' * 3000,
        b'{"client_id":"\\ud800"}',
        b"1" * 5000,
        b"\xff",
        b"{",
        b"null",
    ],
    ids=lambda body: f"{body[:12]!a}",
)
def test_a_document_that_is_none(providers: ProvidersServer, body: bytes) -> None:
    as_json = {
        "Content-Type": b"application/json",
        "Accept": b"application/json",
        "X-Control-Key": b"the key",
    }
    for path, status in (("github/login/oauth/access_token", 404), ("control/faults", 400)):
        url = f"{providers.url}/{path}"
        assert sent(url, request(url, method="POST", headers=as_json, body=body)).status == status


@pytest.mark.parametrize("name", ["client_id", "client_secret", "code", "redirect_uri", "code_verifier"])
def test_half_of_a_surrogate_pair_in_a_document(github: GitHubClient, name: str) -> None:
    """GitHub does not read such a document, so that the client ID is missing, too."""
    asked = {"client_id": github.key, "client_secret": github.secret, "code": github.code(), name: "\ud800"}
    answer = requests.post(
        f"{github.url}/login/oauth/access_token",
        json.dumps(asked),
        headers={"Content-Type": "application/json", "Accept": "application/json"},
        timeout=LONG,
    )
    assert (answer.status_code, answer.json()) == (404, {"error": "Not Found"})


@pytest.mark.parametrize(
    "host", [b"x_y", b"", b"@", b"a b", b"[", b"127.0.0.1:99999", b"localhost:x", b"\xff"]
)
def test_a_signed_request_under_a_host_that_is_none(app: Calling, host: bytes) -> None:
    """The signature covers the Host header (RFC 5849 section 3.4.1.2)."""
    from oauthlib.oauth1 import Client as Signing

    twitter = app.providers.twitter
    for path in ("oauth/request_token", "oauth/access_token", "1.1/account/verify_credentials.json"):
        url = f"{app.providers.url}/twitter/{path}"
        _, signed, _ = Signing(twitter.consumer_key, twitter.consumer_secret, callback_uri="oob").sign(url)
        headers = {"Authorization": signed["Authorization"].encode()}
        assert sent(url, request(url, host=host, headers=headers)).status in (400, 403)
        assert sent(url, request(url, headers=headers)).status in (200, 401)


@pytest.mark.parametrize(
    ("method", "length", "body", "status"),
    [
        ("GET", None, b"", 200),
        ("GET", 0, b"", 200),
        ("POST", 0, b"", 405),
        ("POST", 3, b"abc", 405),
        ("POST", 10**9, b"", 413),
    ],
)
def test_a_request_that_is_whole_waits_for_nothing(
    providers: ProvidersServer, method: str, length: int | None, body: bytes, status: int
) -> None:
    """RFC 9110 section 10.1.1: the client waits for "100 Continue" where there is a body to come."""
    headers = {"Expect": b"100-continue", **({} if length is None else {"Content-Length": b"%d" % length})}
    url = f"{providers.url}/google/"
    data = request(url, headers=headers).replace(b"GET", method.encode(), 1) + body
    assert sent(url, data).status == status


@pytest.mark.parametrize("provider", KINDS)
def test_a_form_of_a_thousand_parts(providers: ProvidersServer, provider: str) -> None:
    client: Client = KINDS[provider](providers)
    url = token_url(providers, provider)
    for body in (b"a=1&" * 4000, b"&" * 10_000, b"code=%ff&code=%"):
        headers = {"Content-Type": FORM.encode()}
        assert sent(url, request(url, method="POST", headers=headers, body=body)).status in (400, 401, 404)
    assert client.code()
