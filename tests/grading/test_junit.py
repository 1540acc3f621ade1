"""The results as JUnit XML, read back by a parser and held against the form that Jenkins' plugin has written down."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbook.course.steps import find_step
from workbook.grading.reports.junit import junit, write_junit
from workbook.grading.results import Result
from workbook.grading.submissions import Note

from .examples import examples
from .results_examples import HOSTILE_MESSAGE, STEPS, a_class, a_result, a_step, handed_nothing_in
from .small_course import a_small_result, small_course

QUICK = examples(50)
TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=80)

# Of each element: the attributes that it must have, those that it may have, and its children.
FORM = {
    "testsuites": ((), ("name", "time", "tests", "failures", "errors"), ("testsuite",)),
    "testsuite": (
        ("name", "tests", "failures", "errors"),
        (
            "group",
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
            "file",
            "log",
            "url",
            "version",
        ),
        ("properties", "testcase", "system-out", "system-err"),
    ),
    "properties": ((), (), ("property",)),
    "property": (("name", "value"), (), ()),
    "testcase": (
        ("name",),
        ("time", "classname", "group"),
        ("skipped", "error", "failure", "system-out", "system-err"),
    ),
    "skipped": ((), ("type", "message"), ()),
    "error": ((), ("type", "message"), ()),
    "failure": ((), ("type", "message"), ()),
}


def read(results: Sequence[Result], **more: Any) -> ElementTree.Element:
    """The document, held against its form."""
    whole = ElementTree.fromstring(junit(results, **more))
    assert whole.tag == "testsuites"
    for element in whole.iter():
        must, may, children = FORM[element.tag]
        assert set(must) <= set(element.attrib) <= {*must, *may}, element.tag
        assert {child.tag for child in element} <= set(children), element.tag
    for suite in whole:
        cases = suite.findall("testcase")
        found = Counter(child.tag for case in cases for child in case)
        assert int(suite.attrib["tests"]) == len(cases)
        assert int(suite.attrib["failures"]) == found["failure"]
        assert int(suite.attrib["errors"]) == found["error"]
        assert int(suite.attrib["skipped"]) == found["skipped"]
        assert [child.tag for child in suite] == sorted((child.tag for child in suite), key="pt".find)
    for count in ("tests", "failures", "errors"):
        assert int(whole.attrib[count]) == sum(int(suite.attrib[count]) for suite in whole)
    return whole


def states(whole: ElementTree.Element, step: str) -> dict[str, str]:
    """The state of each exercise of a step of the only student: the name of the element in its test."""
    (suite,) = (suite for suite in whole if suite.attrib["name"].endswith(f": {step}"))
    return {
        case.attrib["name"].split()[0]: (case[0].tag if len(case) else "passed")
        for case in suite.iter("testcase")
    }


def test_the_form_is_held_for_a_class_with_every_odd_case() -> None:
    results = a_class()
    whole = read(results)
    assert len(whole) == len(results) * len(STEPS)
    suites = [(suite.attrib["package"], suite.attrib["name"].rpartition(": ")[2]) for suite in whole]
    assert suites == [(result.key, step) for result in results for step in STEPS]
    tests = sum(len(find_step(step).exercises) for step in STEPS) * len(results)
    assert whole.attrib["tests"] == str(tests)


def test_the_state_of_each_exercise(tmp_path: Path) -> None:
    result = a_small_result(
        "Anna", passed=("1.1",), open=("1.2", "2.2"), waits={"1.10": "1.2"}, troubles={"02_two": "Too slow."}
    )
    whole = read([result], course=small_course(tmp_path))
    assert states(whole, "01_one") == {"1.1": "passed", "1.2": "failure", "1.10": "skipped"}
    assert states(whole, "02_two") == {"2.1": "error", "2.2": "failure"}
    error = whole.find(".//error")
    assert error is not None and error.attrib["message"] == error.text == "Too slow."
    keep = whole.find(".//testcase[@name='2.2 Second (keep)']/failure")
    assert keep is not None and keep.attrib["type"] == "keep"


def test_the_message_is_whole_and_its_first_line_is_the_attribute() -> None:
    whole = read([a_result(open={"1.3": "What should happen: a.\nWhat your app did: b & <c>.\n\nA -> B"})])
    failure = whole.find(".//failure")
    assert failure is not None
    assert failure.attrib == {"type": "open", "message": "What should happen: a."}
    assert failure.text == "What should happen: a.\nWhat your app did: b & <c>.\n\nA -> B"
    skipped = whole.find(".//skipped")
    assert skipped is not None and (skipped.text or "").startswith("Waits for 1.3 (")


def test_nothing_handed_in_is_a_failure_and_not_clear_is_an_error() -> None:
    whole = read([handed_nothing_in("Dora")])
    assert set(states(whole, STEPS[1]).values()) == {"failure"}
    note = Note("roster", "2 submissions could be this student's: a, b. None was taken for it.")
    whole = read([handed_nothing_in("Dora", notes=(note,))])
    assert set(states(whole, STEPS[1]).values()) == {"error"}


def test_properties_tell_about_the_student() -> None:
    steps = (a_step(STEPS[0], left_behind=2), a_step(STEPS[1], unchecked=("3.4",), trouble="Too slow."))
    whole = read([a_result("Åsa", id="s1", email="å@x.org", steps=steps, late=True, listed=False)])
    found = [{p.attrib["name"]: p.attrib["value"] for p in suite.iter("property")} for suite in whole]
    assert found[0]["student"] == "Åsa" and found[0]["id"] == "s1" and found[0]["email"] == "å@x.org"
    assert found[0]["isolated by"].startswith("bubblewrap")
    assert found[0]["flags"] == "late; not on the roster; could not be checked: 3.4 (Too slow.)"
    assert found[0]["processes left behind"] == "2" and "processes left behind" not in found[1]
    assert [suite.attrib["time"] for suite in whole] == ["1.500", "1.500"]


def test_students_of_one_name_are_told_apart() -> None:
    whole = read([a_result("Anna", key="anna-1"), a_result("Anna", key="anna-2")])
    names = [suite.attrib["name"] for suite in whole]
    assert len(set(names)) == len(names) == 2 * len(STEPS)
    classes = {case.attrib["classname"] for case in whole.iter("testcase")}
    assert len(classes) == 2 * len(STEPS)


def test_forbidden_characters_are_replaced_and_markup_is_text() -> None:
    whole = read([a_result("<b>\x00\ud800</b>", key="k", open={"1.1": HOSTILE_MESSAGE})])
    failure = whole.find(".//failure")
    assert failure is not None and failure.text is not None and len(failure) == 0
    assert "<script>alert(1)</script> & ]]> \ufffd\ufffd[31m\ufffd\ufffd\ufffd \u202e" in failure.text
    assert whole[0].attrib["name"].startswith("<b>\ufffd\ufffd</b> (k): ")


def readable(char: str) -> bool:
    """Whether the parser takes the character."""
    try:
        ElementTree.fromstring(f"<a>{html.escape(char)}</a>".encode("utf-8", "surrogatepass"))
    except ElementTree.ParseError:
        return False
    return True


@QUICK
@given(TEXTS, TEXTS)
def test_any_text_can_be_read_back(name: str, message: str) -> None:
    steps = (a_step(STEPS[0], open={"1.1": message or "?"}),)
    whole = read([a_result(name, id=message, email=name, key="k", isolated_by=message, steps=steps)])
    failure = whole.find(".//failure")
    assert failure is not None
    # Line ends apart, which every reader of XML makes one: nothing is lost but what the parser itself refuses.
    expected = "".join(char if readable(char) else "\ufffd" for char in message or "?")
    assert failure.text == expected.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("length", [500, 100_000])
def test_long_texts(length: int) -> None:
    whole = read([a_result("x" * length, key="k", open={"1.1": "y" * length})])
    failure = whole.find(".//failure")
    assert failure is not None and failure.text == "y" * length


def test_the_file_is_utf_8_and_says_so(tmp_path: Path) -> None:
    (place,) = write_junit([a_result("Åsa")], tmp_path / "junit.xml")
    content = place.read_bytes()
    assert content.startswith(b"<?xml version='1.0' encoding='utf-8'?>") and "Åsa".encode() in content
    assert ElementTree.parse(place).getroot()[0].attrib["name"].startswith("Åsa")


def test_a_class_of_nobody_is_a_document() -> None:
    assert len(read([])) == 0
