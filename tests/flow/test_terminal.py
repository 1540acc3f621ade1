"""The drawing fits the terminal, whatever its width, and everything is said in full."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from workbook.flow.drawn import Arrow, arrows
from workbook.flow.messages import Flow
from workbook.flow.terminal import one_line, to_terminal

WIDTHS = [24, 60, 71, 72, 80, 120, 200]
EVERYBODY = ("twitter", "facebook", "google", "github")
MADE_UP = (
    Arrow(
        "browser", "app", True, "GET /login", (("next", "/a/very/long/path" * 12), ("words", "one two " * 30))
    ),
    Arrow("app", "twitter", True, "POST /x", (("name", "漢字" * 60), ("smile", "😀" * 50), ("empty", ""))),
    Arrow("twitter", "app", False, "200 OK"),
    Arrow("twitter", "twitter", True, "thinks about it for a while"),
    Arrow("app", "app", True, "so does the app"),
    Arrow("browser", "browser", True, "and the person"),
)


def flat(text: str) -> str:
    """Without spaces, line ends and lifelines: what is left was said."""
    return re.sub(r"[\s│|]+", "", text)


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("flow", ["sign_in", "made up", "everybody"])
def test_it_fits_the_width_and_keeps_every_label_in_full(
    flows: dict[str, Flow], flow: str, width: int, unicode: bool
) -> None:
    if flow == "everybody":
        drawn = tuple(Arrow("browser", name, True, f"GET /{name}/oauth/authorize") for name in EVERYBODY)
    else:
        drawn = MADE_UP if flow == "made up" else arrows(flows["sign_in"])
    drawing = to_terminal(drawn, width=width, unicode=unicode)
    assert max(map(cell_len, drawing.splitlines())) <= width
    if not unicode:
        assert drawing.isascii()
        return
    said = flat(drawing)
    for arrow in drawn:
        assert flat(arrow.title) in said
        for name, value in arrow.details:
            assert flat(f"{name}={value}") in said


@pytest.mark.parametrize("width", [72, 80, 120])
def test_lifelines_stand_one_above_the_other(width: int) -> None:
    """An ideograph is two columns wide, and moves nothing that stands right of it."""
    lines = to_terminal(MADE_UP[:3], width=width).splitlines()[1:]
    places = {column for line in lines for column, sign in enumerate(columns(line)) if sign == "│"}
    assert len(places) == 3


def columns(line: str) -> list[str]:
    return [cell for character in line for cell in (character, "")[: cell_len(character)]]


def test_arrows_point_from_the_sender_to_the_receiver_and_answers_are_dashed() -> None:
    there, back = (Arrow("browser", "app", True, "GET /"), Arrow("app", "browser", False, "200 OK"))
    lines = to_terminal([there, back], width=80).splitlines()
    assert re.fullmatch(r" +Browser +Your app", lines[0])
    assert [line.strip() for line in lines if "─" in line] == ["│" + "─" * 64 + "▶│"]
    assert [line.strip() for line in lines if "╌" in line] == ["│◀" + "╌" * 64 + "│"]


@pytest.mark.parametrize("width", [60, 100])
@pytest.mark.parametrize(("unicode", "sign"), [(True, "◆"), (False, "*")])
def test_the_marked_arrow_alone_is_pointed_out(width: int, unicode: bool, sign: str) -> None:
    drawn = [Arrow("browser", "app", True, f"GET /{n}") for n in range(3)]
    for mark in (0, 1, 2):
        plain = to_terminal(drawn, width=width, mark=mark, unicode=unicode)
        (line,) = (line for line in plain.splitlines() if line.startswith(sign))
        colored = to_terminal(drawn, width=width, mark=mark, unicode=unicode, color=True)
        assert re.findall(r"\x1b\[1;31m(.*)\x1b\[0m", colored) == [line]
    assert sign not in to_terminal(drawn, width=width, unicode=unicode)


def test_nothing_said_draws_nothing() -> None:
    assert to_terminal((), width=80).strip() == ""


def test_an_arrow_in_words() -> None:
    arrow = Arrow("app", "github", True, "GET /user")
    assert one_line(arrow) == "Your app → GitHub: GET /user"
    assert one_line(arrow, unicode=False) == "Your app -> GitHub: GET /user"
