"""A picture is the same bytes every time, has a size and a name, and shares a page with others."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from workbook.course.places import DIAGRAMS
from workbook.flow.drawn import Arrow
from workbook.flow.mermaid import to_mermaid
from workbook.flow.pictures import to_png, to_svg

pytest.importorskip("mermaidx", reason="it has no package for this machine")
ONE = to_mermaid(
    (Arrow("browser", "app", True, "GET /", (("x", "‹state›"),)), Arrow("app", "browser", False, "200 OK")),
    title="The first",
)
OTHER = to_mermaid((Arrow("app", "twitter", True, "POST /"),))
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def svgs() -> list[str]:
    return [to_svg(ONE), to_svg(OTHER)]


def test_two_pictures_of_one_diagram_are_the_same_bytes(svgs: list[str]) -> None:
    assert to_svg(ONE) == svgs[0]
    assert to_png(OTHER) == to_png(OTHER)


def test_a_picture_has_a_size_and_a_name_and_lies_on_white(svgs: list[str]) -> None:
    for svg, title in zip(svgs, ("The first", "Sequence diagram"), strict=True):
        root = ElementTree.fromstring(svg)
        assert int(root.attrib["width"]) > 300 and int(root.attrib["height"]) > 100
        called, ground = root[0], root[1]
        assert (called.tag, called.text) == (f"{SVG}title", title)
        box = [ground.attrib[key] for key in ("x", "y", "width", "height")]
        assert box == root.attrib["viewBox"].split() and ground.attrib["fill"] == "#ffffff"


def test_everything_said_is_in_the_picture(svgs: list[str]) -> None:
    text = " ".join(ElementTree.fromstring(svgs[0]).itertext())
    for said in ("Browser", "Your app", "GET /", "x=‹state›", "200 OK"):
        assert said in text


def test_two_diagrams_in_one_page_share_no_id_and_each_finds_its_own(svgs: list[str]) -> None:
    ids = []
    for svg in svgs:
        root = ElementTree.fromstring(svg)
        found = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
        assert len(found) == len(set(found)) > 5
        used = set(re.findall(r'(?:marker-\w+="url\(|href=")#([^")]+)', svg))
        assert used and used <= set(found)
        rules = " ".join(element.text or "" for element in root.iter(f"{SVG}style"))
        selected = set(re.findall(r"#([A-Za-z][\w-]*) ?[.{>]", re.sub(r"{[^}]*}", "{", rules)))
        assert selected == {root.attrib["id"]}, "its rules hold for nothing else on the page"
        ids.append(set(found))
    assert not ids[0] & ids[1]


def test_a_title_and_labels_with_special_characters_are_shown_as_they_are() -> None:
    strange = "a;b #1 <b> \"c\" 'd' & $$e$$ %%f \\n 😀"
    arrow = Arrow("browser", "app", True, f"GET {strange}", (("x", strange),))
    root = ElementTree.fromstring(to_svg(to_mermaid([arrow], title=strange)))
    assert root[0].text == strange
    texts = [element.text for element in root.iter(f"{SVG}text")] + [e.text for e in root.iter(f"{SVG}tspan")]
    assert {f"GET {strange}", f"x={strange}"} <= set(texts)


def test_a_png_is_sharp() -> None:
    png = to_png(OTHER)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(png[16:20], "big") == 1600, "pixels wide"


def test_a_png_takes_little_room() -> None:
    """Notebooks keep two or three of them, and a repository's page shows no notebook of several megabytes."""
    whole_login = (DIAGRAMS / "01_twitter_login.sign_in.mmd").read_text(encoding="utf-8")
    assert len(to_png(whole_login)) < 120_000


def test_the_lines_of_a_long_diagram_go_down_to_its_end() -> None:
    long = to_mermaid([Arrow("browser", "app", number % 2 == 0, f"message {number}") for number in range(60)])
    root = ElementTree.fromstring(to_svg(long))
    _, top, _, height = (float(number) for number in root.attrib["viewBox"].split())
    assert height > 2000
    lines = [line for line in root.iter(f"{SVG}line") if line.attrib.get("data-et") == "life-line"]
    assert [float(line.attrib["y2"]) for line in lines] == [top + height] * 2
