"""No drawing shows a secret. Values that change are there by name, the same value by the same name everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote, unquote_plus

import pytest

from workbook.flow.compare import compare, side_by_side
from workbook.flow.drawn import Arrow, arrows
from workbook.flow.mermaid import to_mermaid
from workbook.flow.messages import Flow, Message
from workbook.flow.terminal import to_terminal

from .conftest import Exchange

# By its name before it, wherever it stands in the raw text of a message. Not read by the code that draws.
SECRET = re.compile(
    r"\b(?:oauth_(?:token|token_secret|verifier|nonce|timestamp|signature|consumer_key)|csrf_token|denied)"
    r"=\"?([^\"&\s<]+)"
)


def secrets_of(messages: Iterable[Message]) -> set[str]:
    found = set()
    for message in messages:
        headers = "\n".join(f"{name}: {value}" for name, value in message.headers)
        found |= {
            unquote_plus(value) for value in SECRET.findall(f"{message.url}\n{headers}\n{message.body}")
        }
        for name, value in message.headers:
            if name.lower() in ("cookie", "set-cookie"):
                found.add(value.partition("=")[2].partition(";")[0])
    return found - {""}  # a cookie that is deleted has no value


def drawings(flow: Flow, svg: str) -> dict[str, str]:
    drawn = arrows(flow)
    difference = compare((), drawn)
    assert difference is not None
    return {
        "Mermaid": to_mermaid(flow),
        "SVG": svg,
        **{f"terminal, {width} wide": to_terminal(drawn, width=width) for width in (40, 72, 300)},
        "side by side": side_by_side((), drawn, difference, width=400),
    }


def in_one_line(drawing: str) -> str:
    """Without what broke it into lines."""
    return re.sub(r"[\s│]+", "", drawing)


@pytest.mark.parametrize("name", ["sign_in", "refusal"])
def test_no_secret_of_a_real_login_is_drawn(
    flows: dict[str, Flow], svg_of: Callable[[str], str], name: str
) -> None:
    secrets = secrets_of(flows[name])
    assert len(secrets) >= {"sign_in": 15, "refusal": 8}[name], "the search has to find them first"
    for kind, drawing in drawings(flows[name], svg_of(name)).items():
        for secret in secrets:
            assert secret not in drawing and quote(secret, safe="") not in drawing, kind
            assert secret not in in_one_line(drawing), kind


def values(drawn: Iterable[Arrow], name: str) -> list[str]:
    return [value for arrow in drawn for key, value in arrow.details if key == name]


def test_one_value_has_one_name_all_the_way(flows: dict[str, Flow]) -> None:
    drawn = arrows(flows["sign_in"])
    assert values(drawn, "oauth_token") == ["‹request token›"] * 7 + ["‹access token›"] * 2
    assert values(drawn, "oauth_token_secret") == ["‹request token secret›", "‹access token secret›"]
    assert values(drawn, "oauth_verifier") == ["‹verifier›"] * 3
    assert set(values(drawn, "oauth_nonce")) == {"‹nonce›"}
    assert values(arrows(flows["refusal"]), "denied") == ["‹request token›"]


def test_a_second_login_has_tokens_of_its_own(flows: dict[str, Flow]) -> None:
    twice = Flow("", (*flows["refusal"], *flows["sign_in"]))
    names = set(values(arrows(twice), "oauth_token"))
    assert names == {"‹request token›", "‹request token (2)›", "‹access token›"}


def test_the_first_that_is_drawn_has_no_number(flows: dict[str, Flow]) -> None:
    flow = flows["sign_in"]
    later = Flow("", flow.messages[9:14], (*flows["refusal"], *flow.messages[:9]))
    assert values(arrows(later), "oauth_token") == values(arrows(flow)[9:14], "oauth_token")


def test_a_few_messages_are_drawn_as_they_are_in_the_whole(flows: dict[str, Flow]) -> None:
    flow = flows["sign_in"]
    assert arrows(flow.messages[8:14], among=flow) == arrows(flow)[8:14]
    assert "‹unknown token›" in values(arrows(flow.messages[9:14]), "oauth_token")


def test_a_value_that_nobody_gave_is_unknown(exchange: Exchange) -> None:
    sent = {
        "oauth_token": "token",
        "oauth_verifier": "verifier",
        "denied": "token",
        "code": "code",
        "state": "state",
    }
    query = "&".join(f"{name}=made-up-{name}" for name in sent)
    drawn = arrows(exchange(f"http://localhost:5000/callback?{query}"))
    assert dict(drawn[0].details) == {name: f"‹unknown {kind}›" for name, kind in sent.items()}


def test_a_short_state_does_not_spoil_other_words(exchange: Exchange) -> None:
    away = exchange(
        "http://localhost:5000/login", status=302, headers={"Location": "http://p/dialog?state=o&x=foo"}
    )
    back = exchange("http://localhost:5000/cb?state=o&x=foo", body="<title>Hello</title>")
    _, redirect, request, page = arrows([*away, *back])
    assert dict(redirect.details) == dict(request.details) == {"state": "‹state›", "x": "foo"}
    assert dict(page.details) == {"page": "Hello"}


HIDDEN = "S3cr3tS3cr3tS3cr3tS3cr3t"


@pytest.mark.parametrize(
    "made_up",
    [
        {"url": f"http://localhost:5000/?{name}={HIDDEN}"} for name in
        ("code", "state", "access_token", "refresh_token", "id_token", "id_token_hint", "token", "client_secret",
         "nonce", "code_verifier", "password", "fb_exchange_token", "input_token", "appsecret_proof", "assertion",
         "client_assertion")
    ] + [
        {"url": f"http://localhost:5000/page?next=/x%3Foauth_token%3D{HIDDEN}"},
        {"sent": {"Authorization": f"Bearer {HIDDEN}", "Cookie": f"session={HIDDEN}"}},
        {"headers": {"Set-Cookie": f"session={HIDDEN}; Path=/"}},
        {"method": "POST", "form": f"person=ada&password={HIDDEN}&csrf_token={HIDDEN}&authenticity_token={HIDDEN}"},
        {"status": 302, "headers": {"Location": f"/welcome?access_token={HIDDEN}"}},
        {"body": f'{{"access_token": "{HIDDEN}", "refresh_token": "{HIDDEN}", "id_token": "{HIDDEN}", "name": "Ada"}}'},
        # Broken JSON: what is drawn of it is its beginning.
        {"body": f'{{"access_token": "{HIDDEN}", '},
        {"body": f'{{"token_type": "bearer", "a": "bcdefg", "access_token": "{HIDDEN}'},
        {"body": f"{{'client_secret': '{HIDDEN}'}}"},
        {"status": 500, "body": f"Invalid response: oauth_token_secret={HIDDEN}, try again"},
        {"status": 500, "body": "x" * 180 + f" password: {HIDDEN}"},
        {"body": f"<title>KeyError: oauth_verifier={HIDDEN}</title>"},
        {"status": 401, "headers": {"Content-Type": "text/xml"}, "body": f"<e>oauth_signature={HIDDEN}</e>"},
    ],
    ids=lambda made_up: str(made_up).replace(HIDDEN, "…"),
)  # fmt: skip
def test_no_secret_is_drawn_wherever_it_stands(exchange: Exchange, made_up: dict[str, object]) -> None:
    drawn = arrows(exchange(**{"url": "http://localhost:5000/", **made_up}))
    assert HIDDEN[:3] not in to_mermaid(drawn)


@pytest.mark.parametrize("put", ["/reset/{}", "/page?next=/reset/{}", "/page?x={}"])
def test_a_known_secret_in_an_address_is_drawn_by_name(exchange: Exchange, put: str) -> None:
    given = exchange(
        "http://127.0.0.1:5001/twitter/oauth/request_token", asks="app", answers="twitter",
        body=f"oauth_token={HIDDEN}&oauth_token_secret={HIDDEN}{HIDDEN}",
    )  # fmt: skip
    shown = exchange(f"http://localhost:5000{put.format(HIDDEN * 2)}", body=f"<title>{HIDDEN}</title>")
    led_on = exchange("http://localhost:5000/", status=302, headers={"Location": put.format(HIDDEN)})
    broken = exchange(
        "http://localhost:5000/", body='{"it is cut at sixty characters": "half would stay: ' + HIDDEN
    )
    text = to_mermaid(arrows([*given, *shown, *led_on, *broken]))
    assert HIDDEN[:3] not in text
    assert f"{put.partition('?')[0].replace('{}', '‹request token secret›')}" in text
    assert "page=‹request token›" in text
