"""A flow as Mermaid's text says the same when it is read back, and what is no Mermaid is met with one line of help."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest

from workbook.course.places import DIAGRAMS
from workbook.flow.drawn import Arrow, arrows
from workbook.flow.mermaid import LONGEST_VALUE, MermaidError, from_mermaid, to_mermaid
from workbook.flow.messages import Flow

# Mermaid gives a meaning to some of these; HTML, which it makes of a label, to others.
HARD = [
    "a;b", "#", "#35;", "#lt;b#gt;", "&amp;", "<br/>", "<script>alert(1)</script>", '"quoted"', "it's", "a%%b",
    "%%{init}%%", "\\n", "$$x^2$$", "$1", "a=b=c", "=", "browser->>app: GET /", "end", "loop x", "note over app: x",
    "`code`", "😀 👩‍👩‍👧", "漢字 é",
    "‹request token›", "a:b", "-->>", "title x", "{x}", "[a](b)", "+", "", "autonumber",
]  # fmt: skip


def label(text: str) -> tuple[Arrow, Arrow]:
    return (
        Arrow("browser", "app", True, f"GET /{text}", ((f"name{text}", text), ("b", "2"))),
        Arrow("app", "twitter", False, "200 OK", (("x", text),)),
    )


@pytest.mark.parametrize("name", ["sign_in", "refusal"])
def test_a_recorded_flow_comes_back_as_it_was(flows: dict[str, Flow], name: str) -> None:
    assert from_mermaid(to_mermaid(flows[name])) == arrows(flows[name])


# Tables are drawn, too, and are no flows: tests/flow/test_entities.py.
FLOWS = [file for file in sorted(DIAGRAMS.glob("*.mmd")) if not file.stem.endswith(".entities")]


@pytest.mark.parametrize("file", FLOWS, ids=lambda file: file.stem)
def test_every_kept_diagram_is_written_again_to_the_byte(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    title = text.splitlines()[1].strip().removeprefix("title ")
    assert to_mermaid(from_mermaid(text), title) == text


@pytest.mark.parametrize("text", HARD)
def test_characters_with_a_meaning_come_back(text: str) -> None:
    written = to_mermaid(label(text), title=f"On {text}")
    assert from_mermaid(written) == label(text)
    assert len(written.splitlines()) == 8, "a line of its own for each of them"


def test_a_newline_becomes_a_space() -> None:
    (read, _) = from_mermaid(to_mermaid(label("a\r\nb\u2028c\n")))
    assert read.details[0][1] == "a b c"


@pytest.mark.parametrize("length", [LONGEST_VALUE, LONGEST_VALUE + 1, 100_000])
@pytest.mark.parametrize("character", ["x", ";", "😀"])
def test_a_long_value_is_cut_before_it_is_written(length: int, character: str) -> None:
    arrow = Arrow("browser", "app", True, "GET /", (("x", character * length),))
    (read,) = from_mermaid(to_mermaid([arrow]))
    kept = character * length if length <= LONGEST_VALUE else character * (LONGEST_VALUE - 1) + "…"
    assert read.details == (("x", kept),)


def test_the_browser_stands_left_of_the_app_and_the_app_of_the_providers() -> None:
    flow = [
        Arrow(*ends, True, "GET /") for ends in (("app", "github"), ("google", "app"), ("browser", "app"))
    ]
    lines = [line.strip() for line in to_mermaid(flow).splitlines() if "participant" in line]
    assert lines == [
        f"participant {name} as {label}"
        for name, label in (("browser", "Browser"), ("app", "Your app"), ("github", "GitHub"), ("google", "Google"))
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("browser->>app: GET /login", Arrow("browser", "app", True, "GET /login")),
        ("Browser ->> app : GET /login", Arrow("browser", "app", True, "GET /login")),
        ("B->>+A: GET /login", Arrow("browser", "app", True, "GET /login")),
        ("A-->>-B: 200 OK<br>page=Hi<br />x=", Arrow("app", "browser", False, "200 OK", (("page", "Hi"), ("x", "")))),
        ("A->B: x", Arrow("app", "browser", True, "x")),
        ("A-xB: x", Arrow("app", "browser", True, "x")),
        ("A--)B: x", Arrow("app", "browser", False, "x")),
        ("Your app->>Twitter: a#59;b #9829; #hearts; #nothing;", Arrow("app", "twitter", True, "a;b ♥ ♥ #nothing;")),
        ("app->>app: thinks", Arrow("app", "app", True, "thinks")),
        ("\tB   ->>   A:   GET   /", Arrow("browser", "app", True, "GET /")),
    ],
)  # fmt: skip
def test_it_is_read_as_people_write_it(line: str, read: Arrow) -> None:
    text = (
        "\ufeff%% mine\n\nsequenceDiagram\r\n  autonumber\n  participant B as browser\n  actor A as Your App\n"
        f"  Note over A: thinks\n  {line}\n  loop twice\n  end\n"
    )
    assert from_mermaid(text) == (read,)


@pytest.mark.parametrize(
    ("text", "number", "helps"),
    [
        ("", 1, "it begins with the line sequenceDiagram"),
        ("\n%% nothing\n", 1, "it begins with the line sequenceDiagram"),
        ("graph TD\n a-->b", 1, "the first line has to be sequenceDiagram"),
        ("```mermaid\nsequenceDiagram\n```", 1, "the first line has to be sequenceDiagram"),
        ("sequenceDiagram\nbrowser->>app: GET /\nbrowser->app GET /", 3, "looks like browser->>app: GET /login"),
        ("sequenceDiagram\nTODO", 2, "An arrow looks like"),
        ("sequenceDiagram\n\n" + "x" * 10_000, 3, "An arrow looks like"),
        ("<html>\n<p>404</p>", 1, "the first line has to be sequenceDiagram"),
    ],
)  # fmt: skip
def test_what_is_no_mermaid_is_refused_with_one_line_of_help(text: str, number: int, helps: str) -> None:
    with pytest.raises(MermaidError, match=f"^line {number}, ") as refused:
        from_mermaid(text)
    assert refused.value.number == number
    assert helps in str(refused.value)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 200


@pytest.mark.parametrize(
    "line",
    ["a" + " " * 200_000 + "b", "a->>b" + " " * 200_000, "a b" * 60_000, "a->>b" * 40_000,
     "participant" + " " * 200_000, "a->>b: " + "<br" + " " * 200_000, "a->>b: " + "#1" * 100_000],
    ids=lambda line: " ".join(line.split())[:9],
)  # fmt: skip
def test_a_strange_line_does_not_take_long(line: str) -> None:
    began = time.perf_counter()
    with suppress(MermaidError):
        from_mermaid(f"sequenceDiagram\n{line}")
    assert time.perf_counter() - began < 1.0, "seconds"
