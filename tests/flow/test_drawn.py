"""What is drawn of a message: a title and the parameters that matter, on one line each, whatever was sent."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from workbook.flow.drawn import arrows, participants
from workbook.flow.messages import Flow

from .conftest import Exchange

APP = "http://localhost:34567"
TWITTER = "http://127.0.0.1:45678/twitter"


def test_ports_are_drawn_as_everybody_knows_them(exchange: Exchange) -> None:
    at_app = exchange(
        f"{APP}/login", status=302, headers={"Location": f"{TWITTER}/oauth/authenticate?back={APP}/x"}
    )
    at_twitter = exchange(
        f"{TWITTER}/oauth/authenticate", answers="twitter", status=302, headers={"Location": f"{APP}/cb"}
    )
    request, redirect, asked, back = arrows([*at_app, *at_twitter])
    assert (request.title, redirect.title) == ("GET /login", "302 Found, to Twitter /oauth/authenticate")
    assert redirect.details == (("back", "http://localhost:5000/x"),)
    assert (asked.title, back.title) == ("GET /oauth/authenticate", "302 Found, to localhost:5000/cb")


def test_what_is_no_part_of_the_login_is_left_out(flows: dict[str, Flow], exchange: Exchange) -> None:
    asides = [
        message for path in ("/favicon.ico", "/static/a.js", "/x.css") for message in exchange(f"{APP}{path}")
    ]
    assert arrows([*flows["sign_in"], *asides]) == arrows(flows["sign_in"])


@pytest.mark.parametrize(
    ("answer", "title", "details"),
    [
        ({}, "200 OK", {}),
        ({"status": 299}, "299", {}),
        ({"status": 302, "headers": {"Location": "/"}, "body": "<title>Redirecting</title>"}, "302 Found, to /", {}),
        ({"status": 302, "headers": {"Location": "?error=x"}}, "302 Found, to /", {"error": "x"}),
        ({"status": 302, "headers": {"Location": "https://evil.example/a"}}, "302 Found, to evil.example/a", {}),
        ({"status": 302, "headers": {"Location": "http://[nowhere"}}, "302 Found, to http://[nowhere", {}),
        ({"headers": {"Set-Cookie": "session=x; Path=/"}}, "200 OK", {"sets cookie": "session"}),
        ({"body": "<TITLE>\n  A &amp; B\n</TITLE>"}, "200 OK", {"page": "A & B"}),
        ({"body": "a page"}, "200 OK", {}),
        ({"status": 500, "body": "went\n wrong"}, "500 Internal Server Error", {"error": "went wrong"}),
        ({"status": 500, "body": "x" * 999}, "500 Internal Server Error", {"error": "x" * 199 + "…"}),
        ({"status": 401, "headers": {"Content-Type": "application/xml"}, "body": "<e>\n<code>32</code> no</e>"},
         "401 Unauthorized", {"error": "32 no"}),
        ({"body": '{"errors": [{"code": 32, "message": "Could not authenticate you."}]}'}, "200 OK",
         {"errors": "32: Could not authenticate you."}),
        ({"body": '{"name": "Ada", "email": null, "friends": 3}'}, "200 OK", {"name": "Ada", "email": "null"}),
        ({"body": '{"name": '}, "200 OK", {"answer": '{"name":'}),
    ],
)  # fmt: skip
def test_an_answer_is_drawn_by_what_it_tells(
    exchange: Exchange, answer: dict[str, Any], title: str, details: dict[str, str]
) -> None:
    _, drawn = arrows(exchange(f"{APP}/", **answer))
    assert (drawn.title, dict(drawn.details)) == (title, details)


def id_token(claims: str) -> str:
    return f"e30.{urlsafe_b64encode(claims.encode()).decode().rstrip('=')}.signature"


@pytest.mark.parametrize(
    ("token", "details"),
    [
        (id_token('{"sub": "1", "email": "a@b.example", "email_verified": true, "name": "A"}'),
         {"its sub": "1", "its email": "a@b.example, verified"}),
        (id_token('{"sub": 1, "email": "a@b.example", "email_verified": "true"}'),
         {"its sub": "1", "its email": "a@b.example, not verified"}),
        (id_token('{"sub": "\\n\\u001b"}'), {"its sub": "\ufffd"}),
        (id_token('{"iss": "x"}'), {}),
        (id_token("[" * 50_000), {}),
        (id_token("\ud7ff")[:-12], {}),
        ("e30.{}.x", {}),
        ("e30.a.x", {}),
        ("word", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_whom_an_id_token_names_is_drawn_and_the_token_is_not(
    exchange: Exchange, token: str, details: dict[str, str]
) -> None:
    _, drawn = arrows(exchange(f"{APP}/", body=json.dumps({"id_token": token})))
    assert dict(drawn.details) == {"id_token": "‹ID token›", **details}


def test_of_two_browsers_it_is_said_whose_they_are(exchange: Exchange) -> None:
    ada = exchange(f"{APP}/a", status=302, headers={"Location": f"{APP}/b"})
    eve = exchange(f"{APP}/e", asks="eve", status=302, headers={"Location": f"{TWITTER}/x"})
    drawn = arrows([*ada, *eve])
    assert [arrow.title for arrow in drawn[2:]] == ["GET /e", "302 Found, to Twitter /x"]
    assert participants(drawn) == {"eve": "Eve's browser", "browser": "Ada's browser", "app": "Your app"}
    assert participants(drawn[:2]) == {"browser": "Browser", "app": "Your app"}


@pytest.mark.parametrize(
    "answer",
    [
        {"body": '{"name": "\\ud800 \\u001b[2J \\u0000 \\r\\n x"}'},
        {"body": "<title>\x1b]0;owned\x07\x9b</title>"},
        {"status": 500, "body": "\x1b[31mred\x7f"},
        {"status": 302, "headers": {"Location": "/\x1b[2J?\x1bx=%1B%00"}},
    ],
)
def test_nothing_that_is_drawn_commands_a_terminal_or_breaks_a_file(
    exchange: Exchange, answer: dict[str, Any]
) -> None:
    for arrow in arrows(exchange(f"{APP}/?%1b=%1b%0A", **answer)):
        text = "".join([arrow.title, *(part for pair in arrow.details for part in pair)])
        assert text.encode() and not any(c < " " or "\x7f" <= c <= "\x9f" for c in text)


@pytest.mark.parametrize(
    "answer",
    [
        {"body": "<title>" * 20_000},
        {"body": "<" * 200_000, "headers": {"Content-Type": "text/xml"}},
        {"body": '{"a":' * 50_000},
        {"body": "[" * 100_000, "headers": {"Content-Type": "application/json"}},
        {"body": "oauth_token" * 20_000, "status": 500},
        {"body": "a=" * 100_000},
        {"body": '"' + " " * 100_000, "status": 500},
        {"body": "password" + " " * 100_000 + "x", "status": 500},
    ],
    ids=lambda answer: answer["body"][:12],
)
def test_an_app_cannot_make_drawing_slow_or_fail(exchange: Exchange, answer: dict[str, Any]) -> None:
    began = time.perf_counter()
    assert len(arrows(exchange(f"{APP}/", **answer))) == 2
    assert time.perf_counter() - began < 1.0, "seconds"
