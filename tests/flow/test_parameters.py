"""Each parameter that is drawn has one sentence of explanation, and says where it is defined."""

from __future__ import annotations

import re

import pytest

from workbook.flow.drawn import arrows
from workbook.flow.messages import Flow
from workbook.flow.parameters import explain

# Every parameter of RFC 5849: sections 2.1 to 2.3, 3.1 and 3.5.1.
OAUTH1 = [
    *(
        "realm",
        "oauth_callback",
        "oauth_callback_confirmed",
        "oauth_consumer_key",
        "oauth_nonce",
        "oauth_signature",
    ),
    *("oauth_signature_method", "oauth_timestamp", "oauth_token", "oauth_token_secret", "oauth_verifier"),
    "oauth_version",
]
# RFC 6749 appendix A, for the code flow.
OAUTH2 = [
    *(
        "client_id",
        "client_secret",
        "response_type",
        "scope",
        "state",
        "redirect_uri",
        "error",
        "error_description",
    ),
    *("grant_type", "code", "access_token", "token_type", "expires_in", "refresh_token"),
]
# OpenID Connect Core sections 2, 3.1.2.1, 3.1.3.6 and 5.1, what of them a login uses.
OPENID = [
    *("sub", "aud", "azp", "iat", "exp", "at_hash", "nonce", "id_token", "prompt", "login_hint"),
    *("email_verified", "given_name", "family_name", "picture"),
]
# What no RFC has.
THEIR_OWN = [
    *("hd", "access_type", "include_granted_scopes", "authuser", "fields", "auth_type", "return_scopes"),
    *("appsecret_proof", "login", "allow_signup", "primary", "verified", "visibility", "message"),
]
# What stands in a drawing beside the parameters, and explains itself.
NO_PARAMETER = {"page", "sets cookie", "person", "decision", "answer"}


@pytest.mark.parametrize("name", OAUTH1 + OAUTH2)
def test_it_is_explained_in_a_sentence_or_two_with_the_rfc_and_its_section(name: str) -> None:
    found = explain(name)
    assert found is not None
    assert re.search(r"RFC \d{4} sections? \d", found.source), found.source
    for text in found:
        assert "\n" not in text and text == text.strip()
    assert re.fullmatch(r"[A-Z].*[.]", found.sentence) and len(found.sentence) <= 120


@pytest.mark.parametrize("name", OPENID + THEIR_OWN)
def test_what_openid_connect_and_the_providers_add_is_explained_too(name: str) -> None:
    found = explain(name)
    assert found is not None and re.fullmatch(r"[A-Z].*[.]", found.sentence, re.IGNORECASE)
    assert len(found.sentence) <= 120
    if name in OPENID:
        assert re.search(r"OpenID Connect Core sections? \d", found.source), found.source


def test_a_token_is_explained_as_what_it_is() -> None:
    seen = {
        explain(name, f"‹{kind}{secret}›")
        for name, secret in (("oauth_token", ""), ("oauth_token_secret", " secret"))
        for kind in ("request token", "access token", "request token (2)")
    }
    assert len(seen) == 4
    assert (
        explain("oauth_token", "‹access token›")
        != explain("oauth_token")
        == explain("oauth_token", "‹request token›")
    )


def test_nothing_is_made_up_for_what_nobody_knows() -> None:
    assert explain("next") is None and explain("") is None


@pytest.mark.parametrize("name", ["sign_in", "refusal"])
def test_every_parameter_of_a_drawn_flow_is_explained(flows: dict[str, Flow], name: str) -> None:
    drawn = {pair for arrow in arrows(flows[name]) for pair in arrow.details if pair[0] not in NO_PARAMETER}
    assert [pair for pair in drawn if explain(*pair) is None] == []
