"""The arithmetic of OAuth 1.0a, compared with RFC 5849's own examples."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from workbook.providers.twitter.signed import BadAuthentication, Signed, read_signed

FORM = "application/x-www-form-urlencoded"


def signed(
    method: str, url: str, authorization: str, body: str = "", content_type: str | None = None
) -> Signed:
    base, _, rest = url.partition("//")[2].partition("/")
    scheme = url.partition("//")[0]
    path, _, query = rest.partition("?")
    environ = EnvironBuilder(
        "/" + path,
        f"{scheme}//{base}",
        query,
        method=method,
        data=body,
        content_type=content_type,
        headers={"Authorization": authorization},
    ).get_environ()
    return read_signed(Request(environ))


PROTOCOL = (
    'OAuth oauth_consumer_key="9djdj82h48djs9d2", oauth_signature_method="HMAC-SHA1", '
    'oauth_timestamp="137131201", oauth_nonce="7d8f3e4a", oauth_signature="x%3D"'
)
_NORMALISED = (
    "oauth_consumer_key=9djdj82h48djs9d2&oauth_nonce=7d8f3e4a&oauth_signature_method=HMAC-SHA1"
    "&oauth_timestamp=137131201"
)

EXAMPLES = {
    "temporary credentials": (
        "POST",
        "https://photos.example.net/initiate",
        'OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_signature_method="HMAC-SHA1", '
        'oauth_timestamp="137131200", oauth_nonce="wIjqoS", '
        'oauth_callback="http%3A%2F%2Fprinter.example.com%2Fready", '
        'oauth_signature="74KNZJeDHnMBp0EMJ9ZHt%2FXKycU%3D"',
        "",
    ),
    "token credentials": (
        "POST",
        "https://photos.example.net/token",
        'OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_token="hh5s93j4hdidpola", '
        'oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131201", oauth_nonce="walatlh", '
        'oauth_verifier="hfdp7dh39dks9884", oauth_signature="gKgrFCywp7rO0OXSjdot%2FIHF7IU%3D"',
        "hdhd0244k9j7ao03",
    ),
    "protected resource": (
        "GET",
        "http://photos.example.net/photos?file=vacation.jpg&size=original",
        'OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_token="nnch734d00sl2jdk", '
        'oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131202", oauth_nonce="chapoH", '
        'oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D"',
        "pfkkdhi9sl3r4s00",
    ),
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_signatures_of_the_example_are_right(example: str) -> None:
    """Section 1.2."""
    *request, token_secret = EXAMPLES[example]
    assert signed(*request).verified("kd94hf93k423kf44", token_secret)


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize(
    "change",
    [('="http', '="https'), ("137131", "137132"), ("Photos", "Pictures"), ("example.net", "example.com")],
    ids=lambda change: change[1],
)
def test_only_the_realm_may_change_under_a_signature(example: str, change: tuple[str, str]) -> None:
    """Section 3.4.1.3.1: the realm is not signed."""
    method, url, authorization, token_secret = EXAMPLES[example]
    changed = [part.replace(*change) for part in (url, authorization)]
    same = changed == [url, authorization] or change[0] == "Photos"
    assert signed(method, *changed).verified("kd94hf93k423kf44", token_secret) == same


@pytest.mark.parametrize("secrets", [("kd94hf93k423kf45", ""), ("kd94hf93k423kf44", "x"), ("", "")])
def test_other_secrets_make_another_signature(secrets: tuple[str, str]) -> None:
    """Section 3.4.2: the key is both secrets, each encoded, and an "&" even where there is no token."""
    *request, _ = EXAMPLES["temporary credentials"]
    assert not signed(*request).verified(*secrets)


def test_the_signature_base_string_of_the_example() -> None:
    """Section 3.4.1.1. It has a name twice, from two places, empty values, and a value that is encoded already."""
    request = signed(
        "POST",
        "http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b",
        'OAuth realm="Example",\n oauth_consumer_key="9djdj82h48djs9d2",\n oauth_token="kkk9d7dh3k39sjv7",\n '
        'oauth_signature_method="HMAC-SHA1",\n oauth_timestamp="137131201",\n oauth_nonce="7d8f3e4a",\n '
        'oauth_signature="bYT5CMsGcbgUdFHObYMEfcx6bsw%3D"'.replace("\n", ""),
        "c2&a3=2+q",
        FORM,
    )
    assert request.base_string == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540"
        "%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method"
        "%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )


@pytest.mark.parametrize(
    ("method", "url", "is_signed"),
    [
        (
            "GET",
            "http://EXAMPLE.COM:80/r%20v/X?id=123",
            "GET&http%3A%2F%2Fexample.com%2Fr%2520v%2FX&id%3D123%26",
        ),
        ("GET", "https://www.example.net:8080/?q=1", "GET&https%3A%2F%2Fwww.example.net%3A8080%2F&oauth"),
        ("GET", "https://example.com:443/a", "GET&https%3A%2F%2Fexample.com%2Fa&oauth"),
        ("POST", "http://example.com:443/a", "POST&http%3A%2F%2Fexample.com%3A443%2Fa&oauth"),
    ],
)
def test_the_address_is_signed_in_one_form(method: str, url: str, is_signed: str) -> None:
    """Section 3.4.1.2: scheme and host in lower case, the port only where it is not the scheme's own."""
    assert signed(method, url, PROTOCOL).base_string.startswith(is_signed)


@pytest.mark.parametrize(
    ("query", "normalised"),
    [
        ("c2&a3=2+q&a2=r%20b", "a2=r%20b&a3=2%20q&c2="),
        ("a=2&a=10&a=1", "a=1&a=10&a=2"),  # sorted as bytes, not as numbers
        ("B=1&a=1&b=1", "B=1&a=1&b=1"),
        ("a%20=1&a=2&a!=3", "a=2&a%20=1&a%21=3"),  # sorted after they are encoded
        ("n=a-._~z", "n=a-._~z"),
        ("n=!*'()%2B/", "n=%21%2A%27%28%29%2B%2F"),
        ("n=%e2%98%83", "n=%E2%98%83"),  # hexadecimal digits in upper case
        ("n=\u2603", "n=%E2%98%83"),
        ("n=100%2525", "n=100%2525"),
        ("c@=&d==%3D", "c%40=&d=%3D%3D"),
    ],
)
def test_parameters_are_normalised(query: str, normalised: str) -> None:
    """Sections 3.4.1.3.2 and 3.6."""
    base_string = signed("GET", f"http://example.com/a?{query}", PROTOCOL).base_string
    assert base_string.endswith("&" + quote(f"{normalised}&{_NORMALISED}", safe=""))


def test_a_realm_in_the_query_is_signed_like_any_other_parameter() -> None:
    """Section 3.4.1.3.1 leaves out the header's only."""
    request = signed("GET", "http://example.com/a?realm=q", PROTOCOL.replace("OAuth ", 'OAuth realm="h", '))
    assert request.base_string.endswith(quote(f"&{_NORMALISED}&realm=q", safe="").removeprefix("%26"))


def test_in_the_header_a_plus_is_a_plus() -> None:
    """Section 3.5.1 encodes by section 3.6, not as forms are encoded."""
    request = signed("GET", "http://example.com/a", PROTOCOL.replace("7d8f3e4a", "a+b%2Bc%20d"))
    assert request.oauth["oauth_nonce"] == "a+b+c d"


def test_a_body_that_is_no_form_is_not_signed() -> None:
    """Section 3.4.1.3.1."""
    base_string = [
        signed("POST", "http://example.com/a", PROTOCOL, "a=1", kind).base_string
        for kind in ("text/plain", FORM)
    ]
    assert "a%3D1" not in base_string[0] and "a%3D1" in base_string[1]


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer 9djdj82h48djs9d2",
        "OAuth",
        "OAuth oauth_consumer_key",
        "OAuth oauth_consumer_key=",
        *(
            PROTOCOL.replace(name, f"x_{name}")
            for name in ("oauth_nonce", "oauth_timestamp", "oauth_signature=")
        ),
        PROTOCOL.replace("HMAC-SHA1", "PLAINTEXT"),
        PROTOCOL + ', oauth_version="2.0"',
        PROTOCOL + ', oauth_nonce="another"',
        PROTOCOL.replace("7d8f3e4a", ""),
        PROTOCOL.replace("7d8f3e4a", "%E2%98%83"),
        *(PROTOCOL.replace("137131201", wrong) for wrong in ("-1", "1e9", "soon", "%C2%B2", "9" * 5000)),
    ],
)
def test_what_is_not_signed_in_one_way_is_refused(authorization: str) -> None:
    """Sections 3.1 (each parameter once, the timestamp a positive integer) and 3.2."""
    with pytest.raises(BadAuthentication):
        signed("GET", "http://example.com/a", authorization)


def test_parameters_of_the_protocol_stand_in_one_place() -> None:
    """Section 3.5: header, body or query string, and not two of them."""
    query = PROTOCOL.removeprefix("OAuth ").replace('"', "").replace(", ", "&")
    assert signed("GET", f"http://example.com/a?{query}", "").base_string
    assert signed("POST", "http://example.com/a", "", query, FORM).base_string
    with pytest.raises(BadAuthentication):
        signed("GET", f"http://example.com/a?{query}", PROTOCOL)
    without = PROTOCOL.replace('oauth_nonce="7d8f3e4a", ', "")
    with pytest.raises(BadAuthentication):
        signed("GET", "http://example.com/a?oauth_nonce=7d8f3e4a", without)


def test_a_parameter_that_a_client_sends_twice_is_signed_once() -> None:
    """Section 3.1: no parameter more than once. twitter-api-v2 sends oauth_token in the header and in the body."""
    header = PROTOCOL + ', oauth_token="kkk9d7dh3k39sjv7"'
    once = signed("POST", "http://example.com/a", header, "b=1", FORM)
    body = "oauth_token=kkk9d7dh3k39sjv7&b=1"
    assert signed("POST", "http://example.com/a", header, body, FORM).base_string == once.base_string
    query = "http://example.com/a?oauth_token=kkk9d7dh3k39sjv7"
    assert signed("POST", query, header, "b=1", FORM).base_string == once.base_string
    for other in ("oauth_token=another", "oauth_token=", "oauth_token=kkk9d7dh3k39sjv7&oauth_token=another"):
        with pytest.raises(BadAuthentication):
            signed("POST", "http://example.com/a", header, other, FORM)
