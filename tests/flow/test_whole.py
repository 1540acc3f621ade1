"""A whole message is shown as it was sent, and no secret is in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from urllib.parse import quote, unquote_plus

import pytest

from workbook.course.places import SOLUTIONS
from workbook.flow.exposure import could_see, secret
from workbook.flow.messages import APP, BROWSER, Flow, Message
from workbook.flow.whole import Whole, whole
from workbook.lab.site import Site
from workbook.lab.visits import sign_in
from workbook.lab.warm import Warm

from .conftest import Exchange

# By its name before it, wherever it is in the raw text of a message. Not read by the code under test.
SECRET = re.compile(
    r"\b(?:oauth_token|oauth_token_secret|oauth_verifier|csrf_token|authenticity_token|denied|code|state|client_secret"
    r"|access_token|refresh_token|id_token|nonce|code_verifier)"
    r"(?:=\"?|\"\s*:\s*\"|\"\s+value=\")([^\"&\s<;]{6,})"
)
BEARER = re.compile(r"^(?:Bearer|token|Basic) (.+)$")


def secrets_of(messages: Iterable[Message]) -> set[str]:
    found = set()
    for message in messages:
        found |= {unquote_plus(value) for value in SECRET.findall(message.url + "\n" + message.body)}
        for name, value in message.headers:
            found |= {unquote_plus(one) for one in SECRET.findall(value)} | {*BEARER.findall(value)}
            if name.lower() in ("cookie", "set-cookie"):
                found |= {
                    one.partition("=")[2] for one in value.split(";") if len(one.partition("=")[2]) > 20
                }
    return found


def read(flow: Flow) -> list[Whole]:
    found = [whole(flow, number) for number in range(1, len(flow) + 1)]
    return [one for one in found if one is not None]


@pytest.mark.parametrize(
    ("step", "start", "least"),
    [
        ("01_twitter_login", "/login", 8),
        ("03_facebook_login", "/login/facebook", 5),
        ("06_google_and_github", "/login/google", 7),
        ("06_google_and_github", "/login/github", 5),
    ],
)
def test_no_secret_of_a_real_login_is_shown(warm: Warm, step: str, start: str, least: int) -> None:
    with Site(SOLUTIONS / step, warm) as site:
        sign_in(site.browser(), start=start)
        flow = site.flow("A login")
    secrets = secrets_of(flow)
    assert len(secrets) >= least, "the search has to find them first"
    for one in read(flow):
        said = json.dumps(one.to_json(), ensure_ascii=False)
        for value in secrets:
            assert value not in said and quote(value, safe="") not in said, (one.title, value)


def test_the_rest_is_there_as_it_was_sent(flows: dict[str, Flow]) -> None:
    asked, answered = read(flows["sign_in"])[3:5]
    sent = flows["sign_in"].messages[3]
    assert asked.first_line == f"POST {sent.url}"
    headers = dict(asked.headers)
    for name in ("oauth_nonce", "oauth_timestamp", "oauth_signature", "oauth_consumer_key", "oauth_callback"):
        value = sent.get(name)
        assert value and f'{name}="{value}"' in headers["Authorization"]
        assert name in [part.name for part in asked.parts]
    assert answered.body == (
        "oauth_token=‹request token›&oauth_token_secret=‹request token secret›&oauth_callback_confirmed=true"
    )
    parts = {part.name: part for part in answered.parts}
    assert parts["oauth_token_secret"].secret and not parts["oauth_token"].secret
    assert parts["oauth_token"].meaning


def test_cookies_hidden_fields_and_passwords_are_there_by_name(exchange: Exchange) -> None:
    page = '<input name="csrf_token" type="hidden" value="IjYw.abcdef"><input name="q" value="seen"><p>IjYw.abcdef'
    asked, answered = exchange(
        "http://localhost:5000/form?next=%2Fa%3Fb&state=Xy12345678",
        method="POST",
        sent={
            "Cookie": "session=eyJhbGciOi.abc; theme=dark",
            "Authorization": "Basic YWRhOnB3",
            "X-CSRFToken": "t0k",
        },
        form="csrf_token=IjYw.abcdef&password=hunter22&name=Ada+O",
        headers={"Set-Cookie": "session=eyJuZXci.def; HttpOnly; Path=/", "Content-Type": "text/html"},
        body=page,
    )
    one, other = read(Flow("A form", (asked, answered)))
    assert one.first_line == "POST http://localhost:5000/form?next=%2Fa%3Fb&state=‹unknown state›"
    assert dict(one.headers)["Cookie"] == "session=‹cookie session›; theme=‹cookie theme›"
    assert dict(one.headers)["Authorization"] == "Basic ‹client ID and client secret›"
    assert dict(one.headers)["X-CSRFToken"] == "‹csrftoken›"
    assert one.body == "csrf_token=‹CSRF token›&password=‹password›&name=Ada+O"
    assert dict(other.headers)["Set-Cookie"] == "session=‹cookie session›; HttpOnly; Path=/"
    assert 'value="seen"' in other.body and "IjYw" not in other.body and "‹" in other.body
    places = {(part.name, part.place) for part in other.parts if part.secret}
    assert places == {("csrf_token", "in a hidden field of the page"), ("session", "in a cookie")}


def test_an_error_s_code_is_no_authorization_code(exchange: Exchange) -> None:
    _, answered = exchange(
        "http://127.0.0.1:5001/twitter/1.1/account/verify_credentials.json",
        asks=APP,
        answers="twitter",
        status=401,
        body='{"errors":[{"code":32,"message":"Could not authenticate you."}]}',
    )
    (one,) = read(Flow("An error", (answered,)))
    assert '"code": 32' in one.body


@pytest.mark.parametrize("body", ["{" * 3000, "[1, 2", '{"a": "\\ud800"}', "\x00<input name=", "=&=&&"])
def test_whatever_an_app_answers_can_be_read(exchange: Exchange, body: str) -> None:
    for kind in ("text/html", "application/json", "application/x-www-form-urlencoded"):
        flow = Flow(
            "", exchange("http://[::1/?&&=", headers={"Content-Type": kind, "Location": "//["}, body=body)
        )
        assert len(read(flow)) == 2


@pytest.fixture
def seen() -> Callable[..., str]:
    def said(sender: str, receiver: str, place: str, url: str = "http://localhost:5000/") -> str:
        message = Message(sender, receiver, 0.0, "GET", url)
        return " ".join(fact.sentence for fact in could_see(message, place))

    return said


def test_it_is_said_who_could_see_a_secret(seen: Callable[..., str]) -> None:
    in_url = seen(BROWSER, APP, "query")
    assert "history" in in_url and "log of your app" in in_url and "Referer" in in_url and "TLS" in in_url
    in_body = seen(APP, "twitter", "answer", "https://api.twitter.com/")
    assert "Not the browser" in in_body and "history" not in in_body and "TLS" not in in_body
    assert "log of Facebook" in seen(APP, "facebook", "query")
    assert secret("anything", "cookie") and not secret("client_id") and not secret("oauth_token")
