"""The page of a class: who has what, why the others do not, and what a teacher has to look at."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from selectolax.lexbor import LexborNode as Node

from workbook.course.places import ROOT
from workbook.course.steps import all_steps, find_step
from workbook.grading.reports.class_page import class_html, class_markdown, to_look_at, write_class_pages
from workbook.grading.reports.student_page import page_name, student_html, write_student_pages
from workbook.grading.results import Result
from workbook.grading.submissions import Note, NoteKind

from .looked_at import assert_for_all, opened, shots_in
from .results_examples import HOSTILE_MESSAGE, HOSTILE_NAME, a_class, a_result, a_step, handed_nothing_in

TWITTER = "01_twitter_login"


def read(node: Node) -> str:
    """What is read in a part of a page."""
    return re.sub(r"\s+", " ", node.text()).strip()


def part(html: str, heading: str) -> str:
    """The HTML from a heading with that id to the next of its kind."""
    node = HTMLParser(html).css_first(f"#{heading}") if "." not in heading else None
    found = re.search(
        rf'<(h[23]) id="{re.escape(heading)}".*?(?=<\1[ >]|</main>|</section>)', html, re.DOTALL
    )
    assert found, (heading, node)
    return found[0]


def reasons(html: str, exercise: str) -> list[str]:
    """What is read at each reason of an exercise, in order."""
    return [read(item) for item in HTMLParser(part(html, f"exercise-{exercise}")).css("ol.reasons > li")]


def counted(html: str, exercise: str) -> list[str]:
    """The numbers of an exercise: passed, not passed, waits, could not be checked, not handed in."""
    for row in HTMLParser(html).css("tbody tr"):
        if read(row.css_first("th")).startswith(f"{exercise} "):
            return [read(cell) for cell in row.css("td")]
    raise AssertionError(f"no row of {exercise}")


def message(did: str) -> str:
    return f"What should happen: the login ends.\nWhat your app did: {did}\nWhere to look: app.py."


def open_at(id: str, did: str, *names: str) -> list[Result]:
    return [a_result(name, steps=(TWITTER,), open={id: message(did)}) for name in names]


def test_every_student_is_counted_once_at_each_exercise() -> None:
    results = a_class()
    html = class_html(results)
    for step in all_steps():
        for exercise in step.exercises:
            if step.name in {one.step for one in results[0].steps}:
                assert sum(map(int, counted(html, exercise.id))) == len(results), exercise.id
    assert counted(html, "1.1") == ["5", "4", "0", "1", "1"]
    assert counted(html, "1.3") == ["5", "1", "3", "1", "1"]
    assert counted(html, "7.6") == ["8", "0", "0", "2", "1"]
    assert "| 1.3 Exchange the request token for an access token | 5 | 1 | 3 | 1 | 1 |" in class_markdown(
        results
    )


def test_the_most_frequent_reason_comes_first_with_those_who_have_it() -> None:
    results = [
        *open_at("1.6", "it ended at / with status 404.", "Una"),
        *open_at("1.6", "it ended at http://localhost:41234/ with status 500.", "Dora", "Tara"),
        *open_at("1.6", "it ended at http://localhost:5999/ with status 500.", "Ria"),
        *open_at("1.6", "it ended at / with status 403.", "Zoe", "Yva"),
    ]
    html, markdown = class_html(results), class_markdown(results)
    first, second, third = reasons(html, "1.6")
    assert first.startswith("3 students: Dora, Tara, Ria ") and "status 500" in first and "41234" in first
    assert second.startswith("2 students: Zoe, Yva ") and "status 403" in second
    assert third.startswith("1 student: Una ") and "status 404" in third
    assert [line[2:12] for line in markdown.split("\n") if line.startswith("**")] == [
        "3 students",
        "2 students",
        "1 student:",
    ]


def test_rare_reasons_are_folded() -> None:
    names = [f"Student {number}" for number in range(8)]
    faults = ["KeyError", "TypeError", "NameError", "OSError", "IndexError", "ValueError", "EOFError"]
    results = [
        *open_at("1.6", "it raised AttributeError.", *names),
        *(one for name, fault in zip(names, faults, strict=False) for one in open_at("1.6", fault, name)),
    ]
    page = HTMLParser(part(class_html(results), "exercise-1.6"))
    (more,) = page.css("details.more")
    assert read(more.css_first("summary")) == "5 more reasons"
    assert len(more.css("ol > li")) == 5 and len(page.css("ol.reasons > li")) == 8
    assert page.css("ol")[1].attributes["start"] == "4"
    # Many names are folded, too, and there.
    (names_of,) = page.css("details:not(.more)")
    assert read(names_of.css_first("summary")) == "8 students" and len(names_of.css("a")) == 8


def test_the_exercises_that_most_have_not_passed_are_at_the_top() -> None:
    results = [*open_at("1.6", "a.", "Una", "Dora"), *open_at("1.7", "b.", "Tara", "Ria", "Zoe")]
    seventh, sixth = (find_step("01").exercise(id) for id in ("1.7", "1.6"))
    told = f"Most often not passed: 1.7 {seventh.title} (3), 1.6 {sixth.title} (2)."
    assert told in class_markdown(results)
    header = HTMLParser(class_html(results)).css_first("header")
    assert header is not None and told in read(header)
    assert "Most often" not in class_html([a_result("Una")])


def test_what_waits_is_no_reason() -> None:
    results = [a_result(name, steps=(TWITTER,), open=("1.1",)) for name in ("Una", "Dora")]
    html, markdown = class_html(results), class_markdown(results)
    assert counted(html, "1.4") == ["0", "0", "2", "0", "0"]
    assert 'id="exercise-1.4"' not in html
    # Exercises of which the same is said have one line.
    assert "<li>1.2, 1.3, 1.4, 1.5, 1.6 and 1.7: 2 students wait for 1.1.</li>" in html
    assert "- 1.2, 1.3, 1.4, 1.5, 1.6 and 1.7: 2 students wait for 1.1." in markdown
    assert "Waits for" not in html and "Then:" not in html


def test_a_chain_of_waits_ends_at_the_open_exercise() -> None:
    """Who waits for an exercise that waits itself, waits for the first one."""
    result = a_result("Una", steps=(TWITTER,), open=("1.1",))
    (step,) = result.steps
    verdicts = [replace(v, waits_for="1.3") if v.id in ("1.4", "1.5") else v for v in step.verdicts]
    html = class_html([replace(result, steps=(replace(step, verdicts=tuple(verdicts)),))])
    assert "1.5, 1.6 and 1.7: 1 student waits for 1.1." in html


def test_one_reason_of_the_same_students_is_told_once() -> None:
    ids = [exercise.id for exercise in find_step("01").exercises]
    broken = dict.fromkeys(ids, message("it did not start: No module named 'flask_oauth'."))
    results = [a_result(name, steps=(a_step(TWITTER, open=broken),)) for name in ("Una", "Dora")]
    html = class_html(results)
    assert html.count("it did not start") == 1 and class_markdown(results).count("it did not start") == 1
    assert reasons(html, "1.7") == ["2 students: the same as at 1.1, with the same reason."]
    # A third student has it at one exercise only: then the names differ.
    more = [*results, a_result("Ria", steps=(a_step(TWITTER, open={"1.7": broken["1.7"]}),))]
    (seventh,) = reasons(class_html(more), "1.7")
    assert "Una, Dora, Ria" in seventh and "it did not start" in seventh


def test_a_drawing_is_on_the_students_page_only() -> None:
    results = [a_result("Una", steps=(TWITTER,), open={"1.6": f"{message('x.')}\n\nExpected │ Yours"})]
    assert "Expected │" not in class_html(results) and "Expected │" not in class_markdown(results)


KINDS: Mapping[NoteKind, bool] = {
    "led out": True,
    "limit": True,
    "unread": True,
    "twice": True,
    "nothing": False,
    "name": False,
    "roster": False,
    "other": False,
}


@pytest.mark.parametrize("kind", KINDS)
def test_notes_of_some_kinds_are_for_a_teachers_eyes(kind: NoteKind) -> None:
    result = a_result("Una", notes=(Note(kind, "A line of intake."),))
    assert (to_look_at(result) == ("A line of intake.",)) == KINDS[kind]
    eyes = part(class_html([result]), "eyes")
    assert ("A line of intake." in eyes) == KINDS[kind]
    assert ("Nothing in these submissions needs" in eyes) != KINDS[kind]


def test_what_a_teacher_has_to_look_at() -> None:
    results = a_class()
    anna, *_ = results
    remarks = {anna.key: ["app.py equals another student's."], "nobody-0123456789": ["It is gone."]}
    notes = [Note("other", "notes.txt is nobody's.")]
    eyes = part(class_html(results, remarks, notes), "eyes")
    markdown = class_markdown(results, remarks, notes).split("## Nothing handed in")[0]
    for text in (
        "equals another student",
        "Could not be checked in step 03: The app was killed",
        "Could not be checked in step 07: 7.6 took longer than 60 s.",
        "At the end of step 01, 2 processes of the app still ran.",
        "leads out of the submission",
        "More than 2000 files",
        "work-2.zip",
        "Could not be checked in the steps 01, 03 and 07: ida.zip is damaged.",
        "nobody-0123456789",
        "It is gone.",
        "notes.txt is nobody",
    ):
        assert text in eyes or text in eyes.replace("&#39;", "'"), text
        assert text in markdown, text
    # A reason of a whole submission is told once.
    assert eyes.count("ida.zip") == 1
    assert "Bert" not in eyes and "Dora" not in eyes


def test_a_check_that_failed_itself_is_for_a_teachers_eyes() -> None:
    trace = f'Traceback (most recent call last):\n  File "{ROOT}/tests/x.py", line 7, in y\nKeyError: "z"'
    html = class_html([a_result("Una", steps=(TWITTER,), open={"1.6": trace, "1.7": trace})])
    assert "The check itself ended with an error: 1.6 and 1.7." in part(html, "eyes")
    assert str(ROOT) not in html


def test_nothing_handed_in_has_a_list_of_its_own() -> None:
    empty = a_result("Finn", notes=(Note("nothing", "No step folder was found, such as 01_twitter_login."),))
    results = [handed_nothing_in("Dora Eng"), empty, a_result("Una")]
    html, markdown = class_html(results), class_markdown(results)
    listed = part(html, "nothing")
    assert "Dora Eng" in listed and "Finn" in listed and "No step folder" in listed and "Una" not in listed
    assert "## Nothing handed in" in markdown
    assert "Nothing handed in" not in class_html([a_result("Una")])
    assert "3 students; 2 handed work in." in html


def test_a_student_with_several_submissions_has_not_handed_in_nothing() -> None:
    """Two submissions could be hers, and so none was taken."""
    two = "Two submissions could be of this student; none was taken."
    dora = handed_nothing_in("Dora Eng", notes=(Note("roster", two),))
    html = class_html([dora, a_result("Una")])
    assert two in part(html, "eyes") and 'id="nothing"' not in html
    assert "several submissions could be theirs" in part(html, "students")
    assert two in student_html(dora) and "Nothing was handed in" not in student_html(dora)


def test_every_student_has_a_row_and_a_link_to_a_page_that_is_there(tmp_path: Path) -> None:
    results = a_class()
    write_student_pages(results, tmp_path)
    write_class_pages(results, tmp_path)
    html = (tmp_path / "class.html").read_text(encoding="utf-8")
    rows = HTMLParser(part(html, "students")).css("tbody tr")
    assert [row.css_first("a").attributes["href"] for row in rows] == [page_name(one.key) for one in results]
    ids = {node.attributes["id"] for node in HTMLParser(html).css("[id]")}
    for node in HTMLParser(html).css("[href]"):
        target = node.attributes["href"] or ""
        if target != "data:,":
            assert target[1:] in ids if target.startswith("#") else (tmp_path / target).is_file(), target
    cells = [[read(cell) for cell in row.css("td")] for row in rows]
    assert cells[0] == ["51 of 51", "8 of 8", "0", ""]
    assert cells[1][3] == "late" and cells[3][3] == "nothing handed in"
    assert cells[4][3] == "not all could be checked" and cells[10][3] == "late, not on the roster"
    # Two runs give the same files, byte for byte.
    before = (tmp_path / "class.html").read_bytes(), (tmp_path / "class.md").read_bytes()
    write_class_pages(results, tmp_path)
    assert before == ((tmp_path / "class.html").read_bytes(), (tmp_path / "class.md").read_bytes())
    assert {file.name for file in tmp_path.iterdir()} == {"class.html", "class.md", "students"}


@pytest.mark.parametrize("text", [HOSTILE_NAME, HOSTILE_MESSAGE, "x" * 10_000, "a|b`c``d [x](http://y) *z*"])
def test_nothing_that_a_student_writes_gets_a_meaning(text: str) -> None:
    results = [
        a_result(text, key="k1", steps=(TWITTER,), open={"1.1": message(text)}, notes=(Note("limit", text),)),
        a_result("Una", key="k2", steps=(a_step(TWITTER, trouble=text),)),
        handed_nothing_in(text, key="k3", steps=(TWITTER,), notes=(Note("nothing", text),)),
    ]
    remarks: Mapping[str, Sequence[str]] = {"k1": [text], text: [text]}
    html, markdown = (make(results, remarks, [Note("other", text)]) for make in (class_html, class_markdown))
    html.encode("utf-8"), markdown.encode("utf-8")
    for node in HTMLParser(html).css("*"):
        assert node.tag not in ("script", "img", "iframe", "svg", "object"), node.tag
        assert not any(name.startswith("on") for name in node.attributes)
        href = node.attributes.get("href") or ""
        assert href.startswith(("#", "students/k")) or href in ("", "data:,"), href
    for made in (html, markdown):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]", made)
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    inside = [child for token in tokens for child in token.children or ()]
    assert not {token.type for token in (*tokens, *inside)} & {
        "html_block",
        "html_inline",
        "image",
        "em_open",
    }
    links = {str(child.attrs["href"]) for child in inside if child.type == "link_open"}
    assert links <= {f"students/k{number}.html" for number in (1, 2, 3)}


def test_an_empty_class_has_a_page() -> None:
    assert "0 students; 0 handed work in." in class_html([]) and "0 students" in class_markdown([])


def four_hundred() -> list[Result]:
    """Honest work, starters that nobody touched, and everything odd, four hundred in all."""
    ids = [exercise.id for exercise in find_step("01").exercises]
    found = list(a_class())
    for number in range(400 - len(found)):
        name, id = f"Student {number:03} of the class", ids[number % len(ids)]
        did = f"it ended at http://localhost:{40000 + number}/ with status {500 + number % 3}."
        opens = {"1.1": message("it sent no request.")} if number % 4 == 0 else {id: message(did)}
        notes = (
            (Note("limit", f"More than {number} files; the rest was left out."),) if number % 11 == 0 else ()
        )
        found.append(a_result(name, open=opens, notes=notes, source=str(number), listed=True))
    return found


@pytest.mark.browser
@pytest.mark.slow
def test_it_is_readable_for_all_with_four_hundred_students(tmp_path: Path) -> None:
    shots = shots_in(tmp_path)
    results = four_hundred()
    write_class_pages(results, tmp_path)
    assert (tmp_path / "class.html").stat().st_size < 1_000_000
    few = tmp_path / "few"
    remarks = {results[0].key: ["app.py equals the file of Bert Ohm, whitespace and names aside."]}
    write_class_pages(
        results[:11], few, remarks, [Note("other", "notes.txt is nobody's: no folder, no archive.")]
    )
    (few / "class.html").rename(few / "class-of-few.html")
    with opened() as page:
        assert_for_all(page, few / "class-of-few.html", shots)
        assert_for_all(page, tmp_path / "class.html", shots, long=True)
        # The names of many are folded on the screen, and printed.
        names = page.locator("details .names").first
        assert not names.is_visible()
        page.emulate_media(media="print")
        assert names.bounding_box(), "a printed page leaves names out"
