"""A picture is the same bytes every time, has a size and a name, and shares a page with others."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from workbook.course.places import DIAGRAMS
from workbook.flow.drawn import Arrow
from workbook.flow.mermaid import to_mermaid
from workbook.flow.pictures import to_png, to_svg
from workbook.flow.sequence import width_of, wrapped

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
        (called,) = root.findall(f"{SVG}title")
        (described,) = root.findall(f"{SVG}desc")
        assert called.text == title and described.text
        assert root.attrib["role"] == "img"
        assert root.attrib["aria-labelledby"].split() == [called.attrib["id"], described.attrib["id"]]
        ground = next(root.iter(f"{SVG}rect"))
        box = [ground.attrib[key] for key in ("x", "y", "width", "height")]
        assert box == root.attrib["viewBox"].split() and ground.attrib["fill"] == "#ffffff"


def test_its_description_tells_the_flow_to_those_who_do_not_see_it(svgs: list[str]) -> None:
    described = ElementTree.fromstring(svgs[0]).find(f"{SVG}desc")
    assert described is not None and described.text == (
        "2 messages. 1. Browser to Your app: GET / (x). 2. Your app to Browser: 200 OK."
    )


def test_everything_said_is_in_the_picture(svgs: list[str]) -> None:
    text = " ".join(ElementTree.fromstring(svgs[0]).itertext())
    for said in ("Browser", "Your app", "GET /", "x=‹state›", "200 OK"):
        assert said in text


def test_two_diagrams_in_one_page_share_no_id_and_each_finds_its_own(svgs: list[str]) -> None:
    ids = []
    for svg in svgs:
        root = ElementTree.fromstring(svg)
        found = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
        assert len(found) == len(set(found)) == 3
        rules = " ".join(element.text or "" for element in root.iter(f"{SVG}style"))
        selectors = re.findall(r"([^{},;]+) \.\w+(?=[^{}]*{ )", rules)
        assert len(selectors) > 5
        assert {selector.strip() for selector in selectors} == {f"#{root.attrib['id']}"}, (
            "its rules hold for nothing else on the page"
        )
        ids.append(set(found))
    assert not ids[0] & ids[1]


def test_a_title_and_labels_with_special_characters_are_shown_as_they_are() -> None:
    strange = "a;b #1 <b> \"c\" 'd' & $$e$$ %%f \\n 😀"
    arrow = Arrow("browser", "app", True, f"GET {strange}", (("x", strange),))
    root = ElementTree.fromstring(to_svg(to_mermaid([arrow], title=strange)))
    assert root[0].text == strange
    text = " ".join(element.text or "" for element in root.iter(f"{SVG}text"))
    assert f"GET {strange}" in text and f"x={strange}" in text


def test_a_png_is_sharp() -> None:
    png = to_png(OTHER)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(png[16:20], "big") == 1560, "pixels wide"


def test_a_png_takes_little_room() -> None:
    """Notebooks keep two or three of them, and a repository's page shows no notebook of several megabytes."""
    whole_login = (DIAGRAMS / "01_twitter_login.sign_in.mmd").read_text(encoding="utf-8")
    assert len(to_png(whole_login)) < 120_000


def life_lines(svg: str) -> list[ElementTree.Element]:
    return [line for line in ElementTree.fromstring(svg).iter(f"{SVG}line") if line.attrib["class"] == "life"]


def test_the_lines_of_a_long_diagram_go_down_to_its_end_and_the_names_come_again() -> None:
    long = to_mermaid([Arrow("browser", "app", number % 2 == 0, f"message {number}") for number in range(60)])
    svg = to_svg(long)
    root = ElementTree.fromstring(svg)
    height = float(root.attrib["height"])
    assert height > 2000
    lines = life_lines(svg)
    assert len(lines) == 2 and all(height - 60 < float(line.attrib["y2"]) <= height for line in lines)
    names = [float(text.attrib["y"]) for text in root.iter(f"{SVG}text") if text.text == "Your app"]
    assert max(below - above for above, below in pairwise(names)) < 900
    assert names[-1] > height - 200


def test_a_request_has_a_full_line_and_a_response_dots() -> None:
    root = ElementTree.fromstring(to_svg(ONE))
    drawn = [line for line in root.iter(f"{SVG}line") if line.attrib["class"] == "line"]
    assert ["stroke-dasharray" in line.attrib for line in drawn] == [False, True]
    assert len(list(root.iter(f"{SVG}polygon"))) == len(list(root.iter(f"{SVG}polyline"))) == 1


@pytest.mark.parametrize(
    "text", ["", "x" * 200, "a" * 30 + "/" + "b" * 80, "http://" + "a/b_c?d=e&" * 20, "漢" * 90]
)
@pytest.mark.parametrize("bold", [False, True])
def test_a_label_is_broken_into_lines_that_fit_and_say_all_of_it(text: str, bold: bool) -> None:
    lines = wrapped(f"redirect_uri={text} and more", 250, bold=bold)
    assert all(indent + width_of(line, bold=bold) <= 250 for line, indent in lines)
    assert "".join(line for line, _ in lines).replace(" ", "") == f"redirect_uri={text}andmore"


@pytest.mark.parametrize("room", [120, 180, 250])
def test_a_value_by_name_is_not_broken(room: float) -> None:
    (line,) = (line for line, _ in wrapped("oauth_token_secret=‹request token›", room) if "‹" in line)
    assert line.endswith("‹request token›")


@pytest.mark.parametrize("lanes", [1, 2, 4, 6, 7])
def test_the_names_of_many_lanes_have_room_beside_each_other(lanes: int) -> None:
    names = ("browser", "elsewhere", "app", "database", "google", "github", "eve")[:lanes]
    svg = to_svg(to_mermaid([Arrow(name, names[-1], True, "GET /") for name in names]))
    root = ElementTree.fromstring(svg)
    boxes = [rect.attrib for rect in root.iter(f"{SVG}rect") if rect.attrib["class"] == "box"][:lanes]
    edges = sorted((float(box["x"]), float(box["x"]) + float(box["width"])) for box in boxes)
    assert edges[0][0] >= 0 and edges[-1][1] <= float(root.attrib["width"])
    assert all(right < left for (_, right), (left, _) in pairwise(edges))
    said = " ".join(text.text or "" for text in root.iter(f"{SVG}text"))
    assert lanes < 2 or "Ada's other browser" in said
    for box in boxes:
        left, top = float(box["x"]), float(box["y"])
        inside = [
            text
            for text in root.iter(f"{SVG}text")
            if left < float(text.attrib["x"]) < left + float(box["width"])
            and top < float(text.attrib["y"]) < top + float(box["height"])
        ]
        assert inside and all(width_of(text.text or "", bold=True) < float(box["width"]) for text in inside)


# How far a colour is from another (WCAG 2, contrast ratio).
def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    lighter, darker = sorted((light(one), light(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_text_and_arrows_stand_out_on_a_light_page_and_on_a_dark_one(svgs: list[str]) -> None:
    root = ElementTree.fromstring(svgs[0])
    light = {
        (element.attrib["class"], name): element.attrib[name]
        for element in root.iter()
        for name in ("fill", "stroke")
        if "class" in element.attrib and element.attrib.get(name, "none") != "none"
    }
    light["folded", "fill"] = "#57606a"
    rules = root.findtext(f"{SVG}style") or ""
    dark = {
        (kind, name): colour
        for selectors, declared in re.findall(r"([^{}]+){([^{}]+)}", rules)
        for kind in re.findall(r"\.(\w+)", selectors)
        for name, colour in re.findall(r"(fill|stroke): (#\w+)", declared)
    }
    assert set(light) == set(dark)
    for colours in (light, dark):
        for kind in ("text", "folded", "head"):
            assert contrast(colours[kind, "fill"], colours["ground", "fill"]) >= 4.5, kind
        assert contrast(colours["text", "fill"], colours["box", "fill"]) >= 4.5
        assert contrast(colours["digits", "fill"], colours["number", "fill"]) >= 4.5
        assert contrast(colours["line", "stroke"], colours["ground", "fill"]) >= 3
