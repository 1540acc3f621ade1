"""A student's page says why, tells nothing of the machine, and nothing in a student's text gets a meaning in it."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from html.parser import HTMLParser as Strict
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from workbook.course.places import ROOT
from workbook.course.steps import find_step
from workbook.flow.compare import compare, side_by_side
from workbook.flow.mermaid import from_mermaid
from workbook.grading.reports.markdown import fenced, inline
from workbook.grading.reports.student_page import (
    page_name,
    student_html,
    student_markdown,
    write_student_pages,
)
from workbook.grading.reports.texts import message_of, visible, without_paths
from workbook.grading.results import Result
from workbook.grading.submissions import Note

from .looked_at import assert_for_all, opened, shots_in
from .results_examples import (
    HOSTILE_MESSAGE,
    HOSTILE_NAME,
    a_class,
    a_message,
    a_result,
    a_step,
    handed_nothing_in,
)

ALLOWED = {
    *("html", "head", "meta", "title", "link", "style", "body", "header", "main", "footer", "section"),
    *("h1", "h2", "h3", "p", "b", "i", "bdi", "a", "ul", "li", "span", "div", "pre"),
    *("table", "thead", "tbody", "tfoot", "tr", "th", "td"),
}
# A text that wants to be something else: HTML, a link in Markdown, the end of a fence or of a code span, a heading.
HOSTILE = (
    '<script>alert(1)</script><img src=x onerror=alert(2)>"onload="x ]]> <!-- &lt; &#60; {{ 7*7 }} {% x %}',
    "[a](javascript:alert(3)) ](javascript:x) ![i](http://evil.example/i.png) <http://evil.example> [x]: http://y",
    "www.evil.example http://evil.example/?a=b me@evil.example @everyone #1 evil.zip",
    "`````` ``` ` ~~~~ | a | b | --- > 1. # head * b * _u_ \\",
    "\u202ecod.exe\u202c \u2066x\u2069 \x00\x07\x1b[31m\x1b]0;x\x07 \x0b\x0c\x85\u2028\u2029 \ud800 \ufeff \ufffe",
    "a\n```\n# head\n<script>alert(4)</script> [a](javascript:b)\n~~~\n````\n- ```\n",
    "x" * 10_000,
    "Z" + "\u0301\u0489\u0336" * 200,
)


def texts_of(html: str) -> str:
    """All that is read on a page."""
    body = HTMLParser(html).body
    assert body is not None
    return re.sub(r"\s+", " ", body.text(separator=" "))


def section(html: str, id: str) -> str:
    """What is read in the part of an exercise."""
    found = HTMLParser(html).css_first(f'section[aria-labelledby="exercise-{id}"]')
    assert found is not None, f"{id} has no part of its own"
    return re.sub(r"\s+", " ", found.text())


def hostile_result(text: str) -> Result:
    message = f"What should happen: x.\nWhat your app did: {text}\nWhere to look: {text}.\n\n{text}\n\n{text}"
    trouble = a_step("07_linking_by_email", unchecked=("7.6",), trouble=text)
    return a_result(
        text,
        key="some-key-0123456789",
        steps=("01_twitter_login", trouble),
        open={"1.1": message},
        notes=(Note("other", text), Note("led out", text)),
        id=text,
        email=text,
        source=text,
        isolated_by=text,
    )


class _Tags(Strict):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


def test_points_are_shown_by_step_and_kept_ones_apart() -> None:
    cleo = a_class()[2]
    page = HTMLParser(student_html(cleo))
    rows = {
        row.css_first("th").text(strip=True)[:7]: [cell.text(strip=True) for cell in row.css("td")]
        for row in page.css("tbody tr, tfoot tr")
    }
    assert rows["Step 01"] == ["15 of 15", "none", "7", "0", "0", "0"]
    assert rows["Step 03"] == ["23 of 23", "0 of 1", "12", "1", "0", "0"]
    assert rows["All ste"][:2] == [f"{cleo.points().earned} of 51", "2 of 8"]
    assert "51 of 51 points" in texts_of(student_html(cleo))
    assert "| Step 03: Sign in with Facebook | 23 of 23 | 0 of 1 | 12 | 1 | 0 | 0 |" in student_markdown(cleo)


def test_an_open_exercise_has_its_reason_and_what_waits_one_line() -> None:
    fay = a_result("Fay", steps=("01_twitter_login",), open=("1.1",))
    html = student_html(fay)
    said = section(html, "1.1")
    for part in a_message(find_step("01").exercise("1.1")).split("\n"):
        assert part in said
    assert "1.2, 1.3, 1.4, 1.5, 1.6 and 1.7 wait for this exercise (13 points)." in said
    page = HTMLParser(html)
    assert len(page.css("section.exercise")) == 1
    assert "waits for 1.1" in texts_of(html) and "Waits for 1.1 (" not in texts_of(html)
    assert student_markdown(fay).count("What should happen") == 1


def test_one_message_at_many_exercises_is_shown_once() -> None:
    """As if the app does not start."""
    message = (
        "What should happen: the app starts.\nWhat your app did: it did not start.\nWhere to look: app.py."
    )
    ids = [exercise.id for exercise in find_step("01").exercises]
    result = a_result("Ida", steps=(a_step("01_twitter_login", open=dict.fromkeys(ids, message)),))
    html = student_html(result)
    assert html.count("it did not start") == 1 and student_markdown(result).count("it did not start") == 1
    for id in ids[1:]:
        assert "The reason is the one at 1.1." in section(html, id)
    assert student_markdown(result).count("The reason is the one at 1.1.") == len(ids) - 1


def test_two_messages_are_both_shown() -> None:
    html = student_html(a_result("Ida", steps=("01_twitter_login",), open=("1.6", "1.7")))
    assert "exercise 1.6." in section(html, "1.6") and "exercise 1.7." in section(html, "1.7")
    assert "The reason is the one" not in html


def test_the_two_flows_scroll_by_themselves() -> None:
    flow = from_mermaid((ROOT / "diagrams" / "01_twitter_login.sign_in.mmd").read_text(encoding="utf-8"))
    difference = compare(flow, flow[:5])
    assert difference is not None
    drawing = side_by_side(flow, flow[:5], difference)
    message = (
        f"{a_message(find_step('01').exercise('1.3'))}\n\n{difference.sentence}\n(Expected.)\n\n{drawing}"
    )
    result = a_result("Ida", steps=("01_twitter_login",), open={"1.3": message})
    (pre,) = HTMLParser(student_html(result)).css("pre")
    assert pre.text() == drawing and pre.attributes["tabindex"] == "0"
    assert difference.sentence in section(student_html(result), "1.3")
    assert f"\n{drawing}\n```" in student_markdown(result)


def test_what_could_not_be_checked_says_why() -> None:
    emil = a_class()[4]
    for text in (texts_of(student_html(emil)), student_markdown(emil)):
        assert "it took more than 512 MB of memory" in text and "7.6 took longer than 60 s" in text
        assert "Step 03: all 13 exercises." in text and "Step 07: 7.6." in text
    assert "could not be checked" in texts_of(student_html(emil))


def test_nothing_handed_in_is_said_once() -> None:
    dora = handed_nothing_in("Dora Eng", late=False)
    html = student_html(dora)
    assert texts_of(html).count("Nothing was handed in. ") == 1
    assert "Could not be checked" not in html
    # A step alone may be missing.
    some = a_result("Emil", steps=("01_twitter_login", replace(a_step("03_facebook_login"), verdicts=())))
    assert "Nothing was handed in for this step." in student_html(some)
    assert "Could not be checked" not in student_html(some)


def test_the_notes_of_intake_are_on_it() -> None:
    hal = a_class()[7]
    for note in hal.notes:
        assert note.text in texts_of(student_html(hal)) and note.text in student_markdown(hal)
    assert "late" in student_html(a_class()[1]) and "late" in student_markdown(a_class()[1])


@pytest.mark.parametrize("text", [HOSTILE_NAME, HOSTILE_MESSAGE, *HOSTILE], ids=range(2 + len(HOSTILE)))
def test_nothing_that_a_student_writes_gets_a_meaning(text: str) -> None:
    result = hostile_result(text)
    html = student_html(result)
    html.encode("utf-8")
    tags = _Tags()
    tags.feed(html)
    assert tags.tags <= ALLOWED
    for tag, name, value in tags.attributes:
        assert not name.startswith("on"), (tag, name)
        if name in ("href", "src"):
            assert value.startswith("#") or (tag, value) == ("link", "data:,"), value
    # The other parser agrees.
    assert {node.tag for node in HTMLParser(html).css("*")} <= ALLOWED
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]", html)
    assert max(len(run) for run in re.findall("[\u0300-\u036f\u0489]*", html)) <= 4
    assert "x" * 2000 not in html

    markdown = student_markdown(result)
    markdown.encode("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]", markdown)
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    inside = [child for token in tokens for child in token.children or ()]
    kinds = {token.type for token in (*tokens, *inside)}
    assert not kinds & {
        "html_block",
        "html_inline",
        "link_open",
        "image",
        "code_block",
        "blockquote_open",
        "hr",
    }
    # In what is plain words here, there is no piece that a reader with more rules would make a link of.
    plain = " ".join(child.content for child in inside if child.type == "text")
    assert not re.search(r"https?:|www\.|@|evil|[<>\[\]|]", plain), plain
    # The headings are those of a harmless student's page.
    harmless = student_markdown(hostile_result("Ida"))
    headings = [line for line in harmless.split("\n") if re.match("#{1,3} ", line)]
    assert sum(token.type == "heading_open" for token in tokens) == len(headings)


@pytest.mark.parametrize(
    "text",
    ["a`b", "```", "````\n# x\n```", "``", "`", " ` ", "```` x ```", "", "\\", "a]b", "1) x", "- x", "x -"],
)
def test_a_text_in_a_line_or_a_fence_comes_back_as_it_was(text: str) -> None:
    if text:
        (_, line, _) = MarkdownIt("commonmark").parse(f"so: {inline(text)} end")
        read = "".join(child.content for child in line.children or ())
        assert read.removeprefix("so: ").removesuffix(" end").split() == text.split()
    (fence,) = MarkdownIt("commonmark").parse(fenced(f"{text}\n{text}"))
    assert fence.type == "fence" and fence.content == f"{text}\n{text}\n"


def test_it_says_nothing_of_the_machine(tmp_path: Path) -> None:
    places = [ROOT / "tests" / "steps", tmp_path, Path.home() / "Grades of 2026", Path("/home/ms/marks")]
    said = "; ".join(f"it opened '{place}/my file.py' and {place / '01_twitter_login'}" for place in places)
    trace = f'Traceback (most recent call last):\n  File "{ROOT}/tests/steps/test_x.py", line 7, in y\nKeyError: "z"'
    message = f"What should happen: x.\nWhat your app did: {said}\nWhere to look: C:\\Users\\ms\\app.py."
    result = a_result(
        "Ida",
        steps=(
            a_step("01_twitter_login", open={"1.1": message, "1.7": trace}, partial=True),
            a_step("03_facebook_login", trouble=f"The check ended: {places[0]}/run.py is not there."),
        ),
        source=str(tmp_path / "ida.zip"),
        notes=(Note("unread", f"{tmp_path}/ida.zip is damaged."),),
    )
    for text in (student_html(result), student_markdown(result)):
        for place in (str(ROOT), str(tmp_path), "Grades of 2026", "marks", "Users", "/ms"):
            assert place not in text, place
        assert "Traceback" not in text and "KeyError" not in text and "test_x" not in text
        assert "ended with an error of its own" in text
        assert "…/01_twitter_login" in text and "…/my file.py" in text and "…/app.py" in text


@pytest.mark.parametrize(
    "text",
    [
        "/auth/twitter/callback",
        "http://localhost:5000/home/anna?next=/welcome",
        "app.py, line 3, in login",
        "templates/home/index.html",
        "./tmp/x.py",
        "/home",
        "a 1/2 share, 3:/",
        "‹request token›",
    ],
)
def test_what_is_no_path_of_a_machine_stays(text: str) -> None:
    assert without_paths(text) == text == visible(text)


def test_a_message_without_labels_is_shown_whole() -> None:
    (part,) = message_of("the app was killed\nafter 60 s").parts
    assert (part.label, part.text) == ("", "the app was killed\nafter 60 s")
    assert message_of("").parts == ()
    labels = [part.label for part in message_of("What your answers say: x\nWhere to look: y: z").parts]
    assert labels == ["What your answers say", "Where to look"]


def test_files_are_whole_or_as_they_were(tmp_path: Path) -> None:
    results = a_class()
    write_student_pages(results, tmp_path)
    names = sorted(file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*") if file.is_file())
    assert names == sorted(page_name(one.key, kind) for one in results for kind in ("html", "md"))
    before = {file: file.read_bytes() for file in tmp_path.rglob("*.html")}
    write_student_pages(results, tmp_path)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*.html")} == before
    assert all(b"\r" not in data for data in before.values())
    # One page's place is taken: an error passes up, and nothing half is left.
    taken = tmp_path / page_name(results[1].key)
    taken.unlink()
    taken.mkdir()
    with pytest.raises(OSError):
        write_student_pages(results, tmp_path)
    assert not [name for name in os.listdir(tmp_path / "students") if name.startswith(".")]  # noqa: PTH208


@pytest.mark.parametrize("key", ["../x", "a/b", "", ".x", "a\\b", "a\n", "x" + chr(0)])
def test_a_key_cannot_lead_out_of_the_folder(key: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        write_student_pages([replace(a_result(), key=key)], tmp_path)
    assert not list(tmp_path.rglob("*"))


@pytest.mark.browser
@pytest.mark.slow
def test_it_is_readable_for_all(tmp_path: Path) -> None:
    flow = from_mermaid((ROOT / "diagrams" / "01_twitter_login.sign_in.mmd").read_text(encoding="utf-8"))
    difference = compare(flow, flow[:5])
    assert difference is not None
    drawn = f"{difference.sentence}\n(Expected.)\n\n{side_by_side(flow, flow[:5], difference)}"
    message = f"{a_message(find_step('01').exercise('1.3'))}\n\n{drawn}"
    shots = shots_in(tmp_path)
    results = [
        replace(a_result("Ida Jonsson", open={"1.3": message, "3.2": message, "7.1": ""}), key="flows"),
        *(one for one in a_class() if one.student.startswith(("Dora", "Emil", "Hal"))),
        replace(hostile_result(HOSTILE[0] + HOSTILE[4]), key="hostile"),
        replace(hostile_result(HOSTILE[6]), key="long"),
        replace(hostile_result(HOSTILE[7]), key="marks"),
    ]
    write_student_pages(results, tmp_path)
    with opened() as page:
        for result in results:
            assert_for_all(page, tmp_path / page_name(result.key), shots)
