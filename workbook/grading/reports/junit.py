"""JUnit XML, for tools that read test results: a test suite for each student and step, a test for each exercise.

The form is the one that Jenkins' xUnit plugin has written down (junit-10.xsd, of which pytest holds a copy in
testing/example_scripts), with `error` as Maven's surefire-test-report.xsd names it: `testsuites` of `testsuite`, with
`properties` and then `testcase`, each with `failure`, `error` or `skipped`, or nothing where it is passed.

An open exercise is a failure, one that waits for another is skipped, and one that could not be checked is an error.
Where a student handed nothing in, every exercise without a verdict is a failure.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from workbook.course.steps import Exercise, Step
from workbook.grading.results import Result

from .allowed_text import allowed
from .marks import Marks, StepMarks, marks_of
from .whole_files import write_whole

_COUNTED = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def junit(results: Sequence[Result], course: Sequence[Step] | None = None) -> bytes:
    """The document, in UTF-8. Characters that XML 1.0 forbids are replaced by U+FFFD."""
    whole = ElementTree.Element("testsuites", name="Flask OAuth Workbook")
    suites = [_suite(marks, step) for marks in marks_of(results, course) for step in marks.steps]
    whole.extend(suites)
    for count in ("tests", "failures", "errors"):
        whole.set(count, str(sum(int(suite.get(count, 0)) for suite in suites)))
    ElementTree.indent(whole)
    document: bytes = ElementTree.tostring(whole, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def write_junit(
    results: Sequence[Result], place: Path, course: Sequence[Step] | None = None
) -> tuple[Path, ...]:
    """Writes the document, and gives its place. OSError where it cannot be written."""
    write_whole(place, junit(results, course))
    return (place,)


def _suite(marks: Marks, step: StepMarks) -> ElementTree.Element:
    result = marks.result
    # The key tells two students of one name apart.
    suite = ElementTree.Element(
        "testsuite", name=allowed(f"{result.student} ({result.key}): {step.step.name}")
    )
    suite.set("package", allowed(result.key))
    told = next((one for one in result.steps if one.step == step.step.name), None)
    left_behind = told.left_behind if told else 0
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in (
        ("student", result.student),
        ("id", result.id),
        ("email", result.email),
        ("flags", "; ".join(marks.flags)),
        ("isolated by", result.isolated_by),
        ("processes left behind", str(left_behind) if left_behind else ""),
    ):
        if value:
            ElementTree.SubElement(properties, "property", name=name, value=allowed(value))
    counts = dict.fromkeys(("tests", *_COUNTED.values()), 0)
    for exercise in step.step.exercises:
        case = _case(marks, step, exercise)
        suite.append(case)
        counts["tests"] += 1
        for child in case:
            counts[_COUNTED[child.tag]] += 1
    for count, number in counts.items():
        suite.set(count, str(number))
    suite.set("time", _seconds(told.seconds if told else 0.0))
    return suite


def _case(marks: Marks, step: StepMarks, exercise: Exercise) -> ElementTree.Element:
    verdict = step.verdicts.get(exercise.id)
    name = f"{exercise.id} {exercise.title}{' (keep)' if exercise.keep else ''}"
    case = ElementTree.Element(
        "testcase",
        name=allowed(name),
        classname=allowed(f"{marks.result.key}.{step.step.name}"),
        time=_seconds(verdict.seconds if verdict else 0.0),
    )
    if verdict is None and marks.nothing:
        _add(case, "failure", "nothing", "Nothing was handed in.")
    elif verdict is None and marks.unclear:
        _add(case, "error", "unclear", "Several submissions could be this student's.")
    elif verdict is None:
        _add(case, "error", "unchecked", step.trouble or "It could not be checked.")
    elif verdict.waits_for and not verdict.passed:
        _add(case, "skipped", "waits", verdict.message)
    elif not verdict.passed:
        _add(case, "failure", "keep" if exercise.keep else "open", verdict.message)
    return case


def _add(case: ElementTree.Element, tag: str, kind: str, message: str) -> None:
    """`message` is one line, the whole text is the element's: that is how readers show it."""
    text = allowed(message)
    child = ElementTree.SubElement(case, tag, type=kind, message=text.partition("\n")[0])
    child.text = text


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"
