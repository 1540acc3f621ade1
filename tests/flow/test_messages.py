"""A message is plain data, and knows what it carries by name and where that travelled."""

from __future__ import annotations

import json

import pytest

from workbook.flow.messages import Flow, Message, Parameter, looks_form_encoded

FORM = "application/x-www-form-urlencoded"


def request(url: str = "http://a/", headers: dict[str, str] | None = None, body: str = "") -> Message:
    return Message("app", "twitter", 0.0, "POST", url, headers=tuple((headers or {}).items()), body=body)


def response(headers: dict[str, str] | None = None, body: str = "") -> Message:
    return Message(
        "twitter", "app", 0.0, "POST", "http://a/?in=url", 200, tuple((headers or {}).items()), body
    )


@pytest.mark.parametrize(
    ("message", "carries"),
    [
        (request("http://a/?x=1&x=2&empty="), [("x", "1", "query"), ("x", "2", "query"), ("empty", "", "query")]),
        (request(headers={"content-type": f"{FORM}; charset=utf-8"}, body="a=%C3%A9+b"), [("a", "é b", "form")]),
        (request(headers={"Content-Type": "application/json"}, body="a=1"), []),
        (response({"location": "http://b/?code=c%2Fd#_=_"}), [("code", "c/d", "redirect")]),
        (response(body="oauth_token=t&empty=\n"), [("oauth_token", "t", "answer"), ("empty", "", "answer")]),
        (response(body="<p>a=b</p>"), []),
        (response({"Location": "http://[no-address/?x=1"}), []),
        (request("http://[no-address/?x=1"), []),
    ],
)  # fmt: skip
def test_parameters_are_found_where_they_travel(
    message: Message, carries: list[tuple[str, str, str]]
) -> None:
    assert message.parameters == tuple(Parameter(*one) for one in carries)
    assert all(message.get(name) for name, value, _ in carries if value)
    assert message.get("other") is None


@pytest.mark.parametrize(
    ("header", "carries"),
    [
        # The example of RFC 5849 section 3.5.1; a space or a line may follow the comma, or nothing.
        (
            'OAuth realm="Example",\n oauth_token="kkk9d7dh3k39sjv7",oauth_signature="djosJKDKJSD8743243%2Fjdk33k%3D"',
            {"realm": "Example", "oauth_token": "kkk9d7dh3k39sjv7", "oauth_signature": "djosJKDKJSD8743243/jdk33k="},
        ),
        ('oauth OAUTH%5Fnonce="a%22b"', {"OAUTH_nonce": 'a"b'}),
        ("Bearer mF_9.B5f-4.1JqM", {"access_token": "mF_9.B5f-4.1JqM"}),  # RFC 6750 section 2.1
        ("Basic Zm9vOmJhcg==", {}),
    ],
)  # fmt: skip
def test_the_authorization_header_is_read(header: str, carries: dict[str, str]) -> None:
    found = request(headers={"Authorization": header}).parameters
    assert {p.name: p.value for p in found} == carries
    assert {p.place for p in found} <= {"authorization"}


@pytest.mark.parametrize(
    ("body", "is_one"),
    [("a=1", True), ("a=1&b=%3D", True), ("a=", True), ("", False), ("a", False), ("a=1 b=2", False), ("a=<b>", False),
     ("a=1&" * 20_000 + "!", False)],
)  # fmt: skip
def test_a_body_looks_form_encoded_or_not(body: str, is_one: bool) -> None:
    assert looks_form_encoded(body) is is_one


def test_a_message_crosses_a_pipe_unchanged(flows: dict[str, Flow]) -> None:
    for message in flows["sign_in"]:
        assert Message.from_json(json.loads(json.dumps(message.to_json()))) == message


def test_a_flow_is_in_the_order_of_its_times_and_equal_times_stay_as_they_came(
    flows: dict[str, Flow],
) -> None:
    messages = flows["sign_in"].messages
    assert Flow.of("", messages[::-1]).messages == messages
    same = [Message("browser", "app", 1.0, "GET", f"http://a/{n}") for n in range(5)]
    assert list(Flow.of("", same)) == same
