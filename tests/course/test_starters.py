"""Starters come from solutions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workbook.course.errors import WorkbookError
from workbook.course.places import CHAPTERS, SOLUTIONS
from workbook.course.starters import is_current, is_untouched, source_files, starter_of, write_starter
from workbook.course.steps import Step, all_steps

SOLUTION = """\
before
    # exercise 3.1: say hello
    # stub: return "nothing yet"
    hello()
    # exercise 3.2: and wave
    wave()
    # end 3.2
    bow()
    # end 3.1
after
"""


def test_marked_lines_become_a_todo_and_the_stub() -> None:
    assert starter_of(SOLUTION) == (
        'before\n    # TODO 3.1: say hello\n    # TODO 3.2: and wave\n    return "nothing yet"\nafter\n'
    )


def test_templates_mermaid_and_sql_have_comments_of_their_own() -> None:
    assert starter_of("{# exercise 1.6: greet #}\n{# stub: <p>Hi #}\n<b>\n{# end 1.6 #}\n") == (
        "{# TODO 1.6: greet #}\n<p>Hi\n"
    )
    assert starter_of("%% exercise 0.1: an arrow\na->>b: c\n%% end 0.1\n") == "%% TODO 0.1: an arrow\n"
    assert starter_of("-- exercise 4.6: all\nSELECT 1;\n-- end 4.6\n") == "-- TODO 4.6: all\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# exercise 1.1: x\n", "has no '# end 1.1'"),
        ("# end 1.1\n", "is outside"),
        ("# stub: x\n", "is outside"),
        ("# exercise 1.1: x\n# end 1.2\n", "ends an exercise that is not the open one"),
    ],
)
def test_markers_that_do_not_fit_are_named(text: str, says: str) -> None:
    with pytest.raises(WorkbookError, match=says):
        starter_of(text, "app.py")


ASKING = [step for step in all_steps() if (SOLUTIONS / step.name / "answers.toml").is_file()]


@pytest.mark.parametrize("step", ASKING, ids=lambda step: step.name)
def test_no_answer_is_there_to_read(step: Step, tmp_path: Path) -> None:
    """A choice such as "b" tells nothing by itself. The student has to find out a string or a number."""
    answers = SOLUTIONS / step.name / "answers.toml"
    write_starter(SOLUTIONS / step.name, tmp_path)
    found = re.findall(r"^\w+ = \"?([^\"\n]{2,}?)\"?$", answers.read_text(encoding="utf-8"), re.MULTILINE)
    for file in (*source_files(tmp_path), CHAPTERS / step.name / "README.md"):
        text = file.read_text(encoding="utf-8")
        assert [a for a in found if re.search(rf"(?<![\w.-]){re.escape(a)}(?![\w.-])", text)] == [], file


def test_a_starter_is_known_until_it_is_edited(tmp_path: Path) -> None:
    solution, folder = tmp_path / "solution", tmp_path / "folder"
    (solution / "templates").mkdir(parents=True)
    (solution / "app.py").write_text(SOLUTION)
    (solution / "templates" / "a.html").write_text("<p>")
    write_starter(solution, folder)
    (folder / "README.md").write_text("the lesson is no part of the starter")
    assert is_untouched(folder) and is_current(solution, folder)
    (folder / "app.py").write_bytes((folder / "app.py").read_bytes().replace(b"\n", b"\r\n"))
    assert is_untouched(folder), "a checkout on Windows is no edit"
    (solution / "app.py").write_text(SOLUTION + "more\n")
    assert is_untouched(folder) and not is_current(solution, folder)
    (folder / "app.py").write_text("mine")
    assert not is_untouched(folder)
    (folder / "app.py").unlink()
    assert not is_untouched(folder)
    assert not is_untouched(tmp_path / "nowhere")
