"""A picture writes a parameter out once. Where it comes again, a line names the arrow that has it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workbook.course.places import DIAGRAMS
from workbook.flow.drawn import Arrow
from workbook.flow.folding import Label, LeftOut, labels
from workbook.flow.mermaid import from_mermaid
from workbook.flow.sequence import to_sequence_svg

FLOWS = [file for file in sorted(DIAGRAMS.glob("*.mmd")) if not file.stem.endswith(".entities")]
LONG = "http://localhost:5000/auth/facebook/callback"
ASKED = (("client_id", "‹client id›"), ("redirect_uri", LONG), ("state", "‹state›"), ("nonce", "‹nonce›"))


def redirect(*details: tuple[str, str], to: str = "Facebook /dialog") -> Arrow:
    return Arrow("app", "browser", False, f"302 Found, to {to}", details)


def at_facebook(method: str, *details: tuple[str, str]) -> Arrow:
    return Arrow("browser", "facebook", True, f"{method} /dialog", details)


def last(*arrows: Arrow) -> Label:
    return labels(arrows)[-1]


def test_what_a_redirect_hands_on_is_named_and_not_written_again() -> None:
    carried = last(redirect(*ASKED, ("sets cookie", "session")), at_facebook("GET", *ASKED))
    assert carried == Label("GET /dialog", (), ("as in 1: client_id, redirect_uri, state, nonce",))


def test_a_form_that_sends_it_again_shows_what_is_new() -> None:
    page = Arrow("facebook", "browser", False, "200 OK", (("page", "Log in"),))
    sent = last(
        redirect(*ASKED), at_facebook("GET", *ASKED), page, at_facebook("POST", *ASKED, ("decision", "allow"))
    )
    assert sent.details == ("decision=allow",)
    assert sent.folded == ("as in 1: client_id, redirect_uri, state, nonce",)


def test_a_value_that_is_another_is_written_out() -> None:
    other = tuple((name, "‹state (2)›" if name == "state" else value) for name, value in ASKED)
    sent = last(redirect(*ASKED), at_facebook("GET", *other))
    assert sent.details == ("state=‹state (2)›",)


def test_a_second_login_does_not_point_to_the_first() -> None:
    """Both are drawn with ‹client id› and ‹nonce›; they are not the same ones."""
    second = (("client_id", "‹client id›"), ("state", "‹state (2)›"), ("nonce", "‹nonce›"))
    flow = (redirect(*ASKED), at_facebook("GET", *ASKED), redirect(*second), at_facebook("GET", *second))
    assert labels(flow)[2].folded == ()
    assert labels(flow)[3].folded == ("as in 3: client_id, state, nonce",)


def test_what_the_callback_brings_is_written_at_the_app() -> None:
    brought = (("code", "‹code›"), ("state", "‹state›"), ("scope", LONG))
    back = Arrow("facebook", "browser", False, "302 Found, to localhost:5000/cb", brought)
    callback = last(back, Arrow("browser", "app", True, "GET /cb", brought))
    assert callback == Label("GET /cb", ("code=‹code›", "state=‹state›"), ("as in 1: scope",))


def test_the_exchange_names_the_redirect_uri_and_writes_the_code() -> None:
    sent = (("code", "‹code›"), ("redirect_uri", LONG), ("client_id", "‹client id›"))
    exchange = last(redirect(*ASKED), Arrow("app", "facebook", True, "POST /token", sent))
    assert exchange.details == ("code=‹code›", "client_id=‹client id›")
    assert exchange.folded == ("as in 1: redirect_uri",)


def test_a_signature_is_no_older_one() -> None:
    """Its parameters are new each time: they are named, and no arrow has them already."""
    signed = tuple((f"oauth_{name}", f"‹{name}›") for name in ("nonce", "timestamp", "signature"))
    again = last(*(Arrow("app", "twitter", True, "POST /x", signed) for _ in range(2)))
    assert again == Label("POST /x", (), ("and oauth_nonce, oauth_timestamp, oauth_signature",))


def test_an_unknown_value_is_never_as_in_another_arrow() -> None:
    unknown = (("oauth_token", "‹unknown token›" + "x" * 40),)
    assert last(*(Arrow("app", "twitter", True, "POST /x", unknown) for _ in range(2))).folded == ()


@pytest.mark.parametrize("file", FLOWS, ids=lambda file: file.stem)
def test_every_kept_flow_can_be_read_back_from_its_labels(file: Path) -> None:
    """Nothing is lost: each parameter is written out, or named beside the number of an arrow that has it written out
    with that value; a signature's are named alone."""
    arrows = from_mermaid(file.read_text(encoding="utf-8"))
    made = labels(arrows)
    for arrow, label in zip(arrows, made, strict=True):
        found = list(label.details)
        for line in label.folded:
            kind, names = re.fullmatch(r"(as in \d+:|and) (.*)", line).groups()  # type: ignore[union-attr]
            for name in names.split(", "):
                (written,) = [f"{name}={value}" for other, value in arrow.details if other == name]
                if kind != "and":
                    assert written in made[int(kind[6:-1]) - 1].details
                found.append(written)
        assert sorted(found) == sorted(f"{name}={value}" for name, value in arrow.details)


def test_no_label_names_an_arrow_that_the_picture_leaves_out() -> None:
    exchange = Arrow("app", "facebook", True, "POST /token", (("code", "‹code›"), ("redirect_uri", LONG)))
    flow = (redirect(*ASKED), at_facebook("GET", *ASKED), exchange)
    assert labels(flow)[2].folded == ("as in 1: redirect_uri",)
    seen = labels(flow, (LeftOut(1, 2, "as before"),))
    assert seen[2] == Label("POST /token", ("code=‹code›", f"redirect_uri={LONG}"))
    svg = to_sequence_svg(flow, "", "own", (LeftOut(1, 2, "as before"),))
    assert ">as before<" in svg and ">3<" in svg and ">1<" not in svg and ">2<" not in svg
    assert "1. Your app to Browser: 302 Found" in svg, "its description has all of it"
