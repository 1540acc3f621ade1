"""`release`: a student's copy gives nothing away, and works."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from workbook.course.places import ROOT, SOLUTIONS
from workbook.course.steps import all_steps
from workbook.grading.releasing import for_students

from ..web.starting import Started, started
from .copies import hand_over, released, run, starter
from .leaks import answer_lines, leaked_answers, leaked_lines, marked, reasons, searchable

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

STEPS = [step.name for step in all_steps()]
STEP_00, STEP_01, STEP_05 = (next(name for name in STEPS if name[:2] == n) for n in ("00", "01", "05"))
# Steps that have an app to complete.
STARTED = [name for name in STEPS if name != STEP_00]


# What it gives away


def test_no_marked_line_of_a_solution_is_in_it(students_copy: Path) -> None:
    assert len(marked()) > 60, "the rules leave nothing to look for"
    assert leaked_lines(students_copy) == {}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("place", ["chapters", ".release/starters"])
def test_a_step_is_its_starter_and_nothing_more(students_copy: Path, place: str, step: str) -> None:
    folder = students_copy / place / step
    texts = {"README.md", "where_it_went.md", ".starter.json"}
    found = {
        name: file.read_text(encoding="utf-8")
        for file in folder.rglob("*")
        if file.is_file() and (name := file.relative_to(folder).as_posix()) not in texts
    }
    assert found == starter(step)


def test_no_marker_of_an_exercise_is_in_it(students_copy: Path) -> None:
    marker = re.compile(r"^\s*(#|\{#|%%|--) ?(exercise \d+\.\d+:|end \d+\.\d+|stub: )", re.MULTILINE)
    found = [
        file.relative_to(students_copy).as_posix()
        for file in students_copy.rglob("*")
        if file.is_file() and marker.search(searchable(file))
    ]
    assert found == []


def test_no_answer_is_in_it(students_copy: Path) -> None:
    assert len(answer_lines()) > 20 and len(reasons()) > 50
    assert leaked_answers(students_copy) == {}
    calls = re.compile(r"check_(answer|word|decision)\(\s*folder,\s*\S+,\s*(?!look)[^)\s]")
    for file in (students_copy / "tests" / "steps").glob("test_*.py"):
        assert not calls.search(file.read_text(encoding="utf-8")), file


def test_a_leak_would_be_found(own_copy: Path) -> None:
    line, reason = sorted(marked())[0], sorted(reasons())[0]
    readme = own_copy / "README.md"
    readme.write_text(f"{readme.read_text(encoding='utf-8')}\n    {line}\n{reason}\n", encoding="utf-8")
    names = ("notebooks/02_inside_the_session.ipynb", "tests/steps/test_07_linking_by_email.py")
    for name in names:
        shutil.copyfile(ROOT / name, own_copy / name)
    assert set(leaked_lines(own_copy)) == {"README.md", names[0]}
    assert set(leaked_answers(own_copy)) == {"README.md", names[1]}


def test_the_sealed_answers_do_not_tell_the_right_one_by_their_form(students_copy: Path) -> None:
    every = json.loads((students_copy / ".release" / "answers.json").read_text(encoding="utf-8"))
    assert {step: set(keys) for step, keys in every.items()} == {
        step: answers for step in STEPS if (answers := answered(step))
    }
    salts = [key["salt"] for keys in every.values() for key in keys.values()]
    assert len(set(salts)) == len(salts)
    for key in (key for keys in every.values() for key in keys.values()):
        assert len({len(reason) for reason in key["entries"].values()}) == 1
        assert list(key["entries"]) == sorted(key["entries"])
        assert len(key["entries"]) == len(key["choices"]) or not key["choices"]


def answered(step: str) -> set[str]:
    """The names of the questions of a step."""
    files = [SOLUTIONS / step / name for name in ("answers.toml", "decisions.toml")]
    return {
        name for file in files if file.is_file() for name in tomllib.loads(file.read_text(encoding="utf-8"))
    }


def test_what_else_is_not_in_it(students_copy: Path) -> None:
    names = {file.relative_to(students_copy).as_posix() for file in students_copy.rglob("*")}
    top = {name for name in names if "/" not in name}
    assert top == {
        *("README.md", "LICENSE", "requirements.txt", "pyproject.toml"),
        *(".flaskenv", ".env.example", ".gitignore", ".release"),
        *("chapters", "notebooks", "diagrams", "tests", "workbook"),
    }
    assert not [
        name
        for name in names
        if re.search(r"tests/submissions|__pycache__|diagrams/00.*\.mmd|/instance", name)
    ]
    for word in ("finished app in", "--in solutions", "solutions/"):
        assert word not in (students_copy / "README.md").read_text(encoding="utf-8")
        for step in STEPS:
            assert word not in (students_copy / "chapters" / step / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("step", STEPS)
def test_a_notebook_has_no_outputs_but_the_verdicts(students_copy: Path, step: str) -> None:
    notebook = json.loads((students_copy / "notebooks" / f"{step}.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    shown = ["".join(cell["source"]) for cell in cells if cell["outputs"]]
    assert shown and all(source.startswith("lesson.verdict(") for source in shown)
    assert "as it is. To run" not in json.dumps(notebook) and "for students" not in json.dumps(notebook)


@pytest.mark.parametrize("step", STEPS)
def test_what_a_chapter_links_to_is_there(students_copy: Path, step: str) -> None:
    folder = students_copy / "chapters" / step
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", (folder / "README.md").read_text(encoding="utf-8"))
    assert [link for link in links if not (folder / link).exists()] == []


def test_what_the_readme_links_to_is_there(students_copy: Path) -> None:
    links = re.findall(
        r"\]\((?!https?:|#)([^)#]+)", (students_copy / "README.md").read_text(encoding="utf-8")
    )
    assert links and [link for link in links if not (students_copy / link).exists()] == []


@pytest.mark.parametrize(
    ("text", "for_them"),
    [
        ("a <!-- not for students -->b <!-- end -->c", "a c"),
        ("a\n\n<!-- not for students -->\nb\n<!-- end -->\n\nc\n", "a\n\nc\n"),
        ("a\n<!-- not for students -->\nb\n<!-- for students\nd\n-->\n<!-- end -->\n\nc\n", "a\nd\n\nc\n"),
        ("a <!-- another comment --> b", "a <!-- another comment --> b"),
    ],
)
def test_text_that_is_not_for_students(text: str, for_them: str) -> None:
    assert for_students(text) == for_them


# What works in it


@pytest.mark.parametrize("step", [STEP_00, STEP_01, STEP_05])
def test_right_work_passes(own_copy: Path, step: str) -> None:
    """5.2 to 5.4 need the database of step 04."""
    hand_over(own_copy, step)
    done = run(own_copy, "check", step)
    assert done.returncode == 0, done.stdout
    assert "waits for" not in done.stdout and "✗" not in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("step", [step for step in STARTED if step not in (STEP_01, STEP_05)])
def test_right_work_of_every_other_step_passes(own_copy: Path, step: str) -> None:
    hand_over(own_copy, step)
    done = run(own_copy, "check", step)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("step", [STEP_00, STEP_01])
def test_a_starter_does_not_pass(own_copy: Path, step: str) -> None:
    done = run(own_copy, "check", step, "--json")
    (found,) = json.loads(done.stdout)["steps"]
    assert done.returncode == 1 and not any(exercise["passed"] for exercise in found["exercises"])


@pytest.mark.parametrize(
    ("step", "file", "right", "wrong", "exercise", "says"),
    [
        ("00", "answers.toml", 'client = "c"', 'client = "a"', "0.6", "People often call the browser"),
        ("02", "answers.toml", "one_bit = 32", "one_bit = 401", "2.7", "that is the status"),
        ("02", "answers.toml", "one_bit = 32", "one_bit = 33", "2.7", "that is not the right value"),
        ("07", "decisions.toml", 'row_9 = "create"', 'row_9 = "link"', "7.1", "row_9"),
        ("00", "answers.toml", 'client = "c"', 'client = "e"', "0.6", "one of the letters a, b, c, d"),
    ],
)
def test_a_wrong_answer_gets_the_same_words_as_in_the_workbook(
    own_copy: Path, step: str, file: str, right: str, wrong: str, exercise: str, says: str
) -> None:
    name = next(one for one in STEPS if one.startswith(step))
    hand_over(own_copy, name)
    answers = own_copy / "chapters" / name / file
    text = answers.read_text(encoding="utf-8")
    assert text.count(right) == 1
    answers.write_text(text.replace(right, wrong), encoding="utf-8")
    in_copy = run(own_copy, "check", exercise, "--json")
    here = run(ROOT, "check", exercise, "--json", "--in", own_copy / "chapters")
    messages = [messages_of(done.stdout) for done in (in_copy, here)]
    assert messages[0] == messages[1] and says in " ".join(messages[0])


def messages_of(printed: str) -> list[str]:
    """The messages of a check's JSON."""
    return [one["message"] for step in json.loads(printed)["steps"] for one in step["exercises"]]


def test_a_drawing_is_held_against_the_recorded_login(own_copy: Path) -> None:
    hand_over(own_copy, STEP_00)
    drawing = own_copy / "chapters" / STEP_00 / "diagram.mmd"
    text = drawing.read_text(encoding="utf-8")
    assert text.count("app->>facebook") > 1
    drawing.write_text(text.replace("app->>facebook", "browser->>facebook", 1), encoding="utf-8")
    done = run(own_copy, "check", "0.4", "--json")
    assert "What should happen: the arrows are the recorded messages" in " ".join(messages_of(done.stdout))


def test_keys_that_are_gone_are_no_traceback(own_copy: Path) -> None:
    (own_copy / ".release" / "answers.json").unlink()
    done = run(own_copy, "check", "0.6", "--json")
    assert done.returncode == 1 and "from a new copy of the workbook" in " ".join(messages_of(done.stdout))


def test_a_failed_check_has_both_flows(own_copy: Path) -> None:
    """The expected one is packed."""
    hand_over(own_copy, STEP_01)
    app = own_copy / "chapters" / STEP_01 / "app.py"
    text = app.read_text(encoding="utf-8")
    call = 'twitter.get("account/verify_credentials.json")'
    assert text.count(call) == 1
    app.write_text(text.replace(call, 'twitter.get("account/settings.json")'), encoding="utf-8")
    done = run(own_copy, "check", "1.5", "--json")
    assert done.returncode == 1 and "Expected is the step when it is done" in " ".join(
        messages_of(done.stdout)
    )


def test_reset_gives_the_starter(own_copy: Path) -> None:
    hand_over(own_copy, STEP_05)
    (own_copy / "chapters" / STEP_05 / "mine.py").write_text("mine\n", encoding="utf-8")
    done = run(own_copy, "reset", "05")
    assert done.returncode == 0 and f"chapters/{STEP_05}.kept-1" in done.stdout
    test_a_step_is_its_starter_and_nothing_more(own_copy, "chapters", STEP_05)
    assert (own_copy / "chapters" / f"{STEP_05}.kept-1" / "mine.py").is_file()
    assert "nothing was changed" in run(own_copy, "reset", "05").stdout


def test_the_other_commands(own_copy: Path) -> None:
    hint = run(own_copy, "hint", "1.2")
    assert hint.returncode == 0 and "Hint 1 of" in hint.stdout
    listed = run(own_copy, "list")
    assert listed.returncode == 0 and all(step in listed.stdout for step in STEPS)
    drawn = run(own_copy, "diagram", "00")
    assert drawn.returncode == 0 and "Sign in with Facebook" in drawn.stdout
    nothing = run(own_copy, "bring", "05")
    assert nothing.returncode == 2 and "Step 04 has no database file to bring" in nothing.stderr


def test_the_database_of_step_04_comes_along(own_copy: Path) -> None:
    """What `bring` copies is the student's own."""
    import sqlite3

    instance = own_copy / "chapters" / "04_users_in_a_database" / "instance"
    instance.mkdir()
    with sqlite3.connect(instance / "people.db") as database:
        database.execute("CREATE TABLE users (id INTEGER)")
    done = run(own_copy, "bring", "05")
    assert done.returncode == 0 and (own_copy / "chapters" / STEP_05 / "instance" / "people.db").is_file()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("release", "elsewhere"), "a student's copy already"),
        (("build",), "no solutions here"),
        (("test", "--changed"), "changes to the workbook itself"),
        (("check", "01", "--in", "solutions"), "no folder 'solutions'"),
    ],
)
def test_commands_for_others_say_so(students_copy: Path, arguments: tuple[str, ...], says: str) -> None:
    done = run(students_copy, *arguments, PYTHONDONTWRITEBYTECODE="1")  # this copy is every test's
    assert done.returncode == 2 and says in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_notebook_runs_the_students_app(own_copy: Path) -> None:
    """Without WORKBOOK_IN. With one open exercise only its cell is red."""
    step = next(one for one in STEPS if one.startswith("02"))
    hand_over(own_copy, step)
    answers = own_copy / "chapters" / step / "answers.toml"
    text = answers.read_text(encoding="utf-8")
    answers.write_text(text.replace("one_bit = 32", "one_bit = 33"), encoding="utf-8")
    done = run(own_copy, "test", "-n0", "-q", f"notebooks/{step}.ipynb", traceback=True)
    assert done.returncode == 1 and re.search(r"\b1 failed", done.stdout), done.stdout
    assert 'lesson.verdict("2.7")' in done.stdout


@pytest.mark.slow
def test_the_tests_of_a_copy_pass(own_copy: Path) -> None:
    """Here those of some files. That the others can be collected shows that what they import is there."""
    done = run(own_copy, "test", "-q", "-n2", "-k", "people or registry or github_token or rfc5849")
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed and int(passed[1]) > 50
    collected = run(own_copy, "test", "-q", "-n0", "--collect-only")
    assert collected.returncode == 0, collected.stdout
    assert "tests/providers/test_doors.py" in collected.stdout and "tests/steps" not in collected.stdout


def test_the_tour_is_a_login_that_works(own_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import requests

    with started(own_copy) as tour:
        assert f"chapters/{STEP_00}" in "\n".join(tour.lines) and "The finished app" in "\n".join(tour.lines)
        page = requests.get(tour.page, timeout=30).text
        words = page[page.index('<section class="tour">') :].partition("</section>")[0]
        assert "Sign in with Facebook" in words and "/facebook/" in words and "Twitter" not in words
        assert "Welcome, Ada Okafor" in signed_in(tour)
        assert "access_token" in requests.get(f"{tour.page}live/said", timeout=30).text
    with started(own_copy) as second:
        assert "Your app" in "\n".join(second.lines)


def signed_in(tour: Started) -> str:
    """The page at which Ada's login with the local Facebook ends."""
    import requests

    with requests.Session() as browser:
        browser.trust_env = False
        form = browser.get(f"{tour.app}/login", timeout=30)
        token = re.search(r'name="csrf_token" value="([^"]+)"', form.text)
        assert token, form.text
        data = {"csrf_token": token[1], "person": "ada", "decision": "allow"}
        return browser.post(form.url, data=data, timeout=30).text


# Wrong uses


def test_a_folder_that_is_not_empty_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine.txt").write_text("mine", encoding="utf-8")
    refused(tmp_path, tmp_path / "there", "is not an empty folder")
    assert [file.name for file in (tmp_path / "there").iterdir()] == ["mine.txt"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("mine", encoding="utf-8")
    refused(tmp_path, tmp_path / "there", "is not an empty folder")


def test_a_folder_inside_the_workbook(tmp_path: Path) -> None:
    refused(tmp_path, ROOT / "chapters" / "for_students", "is inside the workbook")
    refused(tmp_path, ROOT, "is inside the workbook")


def test_a_folder_in_no_folder(tmp_path: Path) -> None:
    refused(tmp_path, tmp_path / "nowhere" / "copy", "There is no folder")


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """Tests may run as root, whom no permission stops: the name is longer than a file system takes."""
    refused(tmp_path, tmp_path / ("long" * 70), "cannot be written")


def refused(folder: Path, target: Path, says: str) -> None:
    """`release` says why not in one line, and leaves nothing in `folder`."""
    before = sorted(folder.iterdir())
    done = run(ROOT, "release", target)
    assert done.returncode == 2 and done.stdout == ""
    assert says in done.stderr and done.stderr.count("\n") == 1
    assert sorted(folder.iterdir()) == before


def test_what_fails_in_the_middle_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbook.grading import releasing

    (tmp_path / "copy").mkdir()

    def full(folder: Path) -> None:
        (folder / "half.txt").write_text("half", encoding="utf-8")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(releasing, "_fill", full)
    with pytest.raises(releasing.WorkbookError, match="No space left"):
        releasing.release(tmp_path / "copy")
    assert [file.name for file in tmp_path.iterdir()] == ["copy"] and not list((tmp_path / "copy").iterdir())


def test_an_empty_folder_is_filled(tmp_path: Path, students_copy: Path) -> None:
    (tmp_path / "copy").mkdir()
    copy = released(tmp_path / "copy")
    assert names(copy) == names(students_copy)
    shutil.rmtree(copy)


def names(folder: Path) -> set[str]:
    """The places of all files in a folder."""
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
