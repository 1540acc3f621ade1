"""The left half of the desk: the step's chapter, with the state, the verdict and the hints of each exercise.

The chapters of the other steps are pages of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from workbook.checks.verdicts import Verdict
from workbook.course.errors import WorkbookError
from workbook.course.places import CHAPTERS
from workbook.course.points import points_of
from workbook.course.progress import Progress, read_progress
from workbook.course.steps import Step, all_steps, find_exercise, find_step

from .chapter import Chapter, Links, read_chapter
from .diagrams import picture
from .live import Live
from .pointing import pieces
from .states import State, passed_of, remembered_by, runs, states_of

# The parts of a message (exercises/missed.py). Other messages have one part, without a label.
_PART = re.compile(r"(What should happen|What [^:.]{1,80}|Where to look): ")


@dataclass(frozen=True)
class Lesson:
    """A step as its page shows it: the chapter, the state of each exercise, how many hints of each were seen, the
    points so far, the first open exercise, and the neighbours in the course. `live` is whether this step's app runs."""

    step: Step
    chapter: Chapter
    states: dict[str, State]
    hints: dict[str, int]
    points: str
    open: str | None
    before: Step | None
    after: Step | None
    live: bool


@dataclass(frozen=True)
class OnMap:
    """A step on the map: how many of its exercises are passed, and whether it is the one whose app runs."""

    step: Step
    passed: int
    live: bool

    @property
    def done(self) -> bool:
        """Whether every exercise is passed."""
        return self.passed == len(self.step.exercises)


def lesson_pages(live: Live) -> Blueprint:
    """What the left half of the desk loads."""
    pages = Blueprint("lesson", __name__)

    def lesson_of(step: Step) -> Lesson:
        progress = read_progress()
        states = states_of(step, progress, live)
        passed = passed_of(states, _passed_before(progress, live))
        steps = all_steps()
        number = steps.index(step)
        return Lesson(
            step,
            read_chapter(step.chapter, _links(live), step.exercises),
            states,
            progress.hints,
            str(points_of(step.exercises, passed)),
            _first_open(passed),
            steps[number - 1] if number else None,
            steps[number + 1] if number + 1 < len(steps) else None,
            runs(live, step),
        )

    def the_map() -> list[OnMap]:
        progress = read_progress()
        return [
            OnMap(step, sum(bool(progress.passed.get(e.id)) for e in step.exercises), runs(live, step))
            for step in all_steps()
        ]

    @pages.app_context_processor
    def for_templates() -> dict[str, Any]:
        return {"lesson_of": lesson_of, "find_step": find_step, "the_map": the_map}

    @pages.get("/steps/<name>/")
    def show_step(name: str) -> str | AnyResponse:
        step = _found(name)
        if runs(live, step):
            return redirect(url_for("show"))
        return render_template("step.html", live=live, lesson=lesson_of(step))

    @pages.get("/steps/<name>/<page>/")
    def show_page(name: str, page: str) -> str:
        return reading(_one_of((CHAPTERS / _found(name).name).glob("*.md"), f"{page}.md"))

    @pages.get("/glossary/")
    def show_glossary() -> str:
        return reading(CHAPTERS / "GLOSSARY.md")

    def reading(file: Path) -> str:
        return render_template("reading.html", live=live, chapter=read_chapter(file, _links(live)))

    @pages.get("/diagrams/<name>")
    def show_diagram(name: str) -> Response:
        svg = picture(name)
        if svg is None:
            abort(404)
        return Response(svg, content_type="image/svg+xml", headers={"Cache-Control": "no-cache"})

    @pages.get("/live/verdicts")
    def verdicts() -> dict[str, Any]:
        step = _found(request.args.get("step", live.step))
        progress = read_progress()
        states = states_of(step, progress, live)
        passed = passed_of(states, _passed_before(progress, live))
        newest = {verdict.id: verdict for verdict in live.verdicts.all} if live.verdicts else {}
        return {
            "app_error": pieces(live.app_error, live.app) if live.app_error else None,
            "checking": live.checking and runs(live, step),
            "points": str(points_of(step.exercises, passed)),
            "open": _first_open(passed),
            "exercises": [
                {
                    "id": exercise.id,
                    "kind": states[exercise.id].kind,
                    "sign": states[exercise.id].sign,
                    "words": states[exercise.id].words,
                    "hints": progress.hints.get(exercise.id, 0),
                    "verdict": _said(newest[exercise.id], live.app) if exercise.id in newest else None,
                }
                for exercise in step.exercises
            ],
        }

    @pages.post("/live/hints/<exercise>")
    def take_hint(exercise: str) -> dict[str, Any]:
        """Notes that one more hint was taken. `seen` is how many the page had shown. A form of another site cannot
        send JSON."""
        sent = request.get_json()
        if not isinstance(sent, dict) or type(sent.get("seen")) is not int:
            abort(400)
        try:
            _, found = find_exercise(exercise)
        except WorkbookError:
            abort(404)
        progress = read_progress()
        known = progress.hints.get(found.id, 0)
        shown = min(max(known, sent["seen"] + 1), len(found.hints))
        if shown > known:
            progress.note_hint(found.id, shown)
        return {"hints": shown, "remark": progress.remark}

    return pages


def _links(live: Live) -> Links:
    """The chapters name the usual ports; others may be in use."""
    return Links(
        step="/steps/{}/",
        page="/steps/{}/{}/",
        glossary="/glossary/",
        diagram="/diagrams/{}",
        hosts=(
            ("http://localhost:5000", live.app_url),
            ("http://127.0.0.1:5001", request.host_url.rstrip("/")),
        ),
    )


def _passed_before(progress: Progress, live: Live) -> dict[str, bool]:
    """Which exercises passed when they were checked last."""
    return {**remembered_by(progress, live), **(live.verdicts.by_exercise if live.verdicts else {})}


def _first_open(passed: dict[str, bool]) -> str | None:
    return next((id for id, done in passed.items() if not done), None)


def _said(verdict: Verdict, folder: Path | None) -> dict[str, Any] | None:
    """A verdict's message in parts, each with its label; then the sentence and the drawing of the two flows, where it
    has them. None for an exercise that is passed, or waits."""
    if verdict.passed or verdict.waits_for:
        return None
    words, _, rest = verdict.message.partition("\n\n")
    parts: list[tuple[str, str]] = []
    for line in words.splitlines():
        label = _PART.match(line)
        if label:
            parts.append((label[1], line[label.end() :]))
        elif parts:
            parts[-1] = (parts[-1][0], f"{parts[-1][1]}\n{line}")
        else:
            parts.append(("", line))
    sentence, _, drawing = rest.partition("\n\n") if "\n\n" in rest else ("", "", rest)
    return {
        "parts": [{"label": label, "pieces": pieces(text, folder)} for label, text in parts],
        "difference": sentence,
        "drawing": drawing,
    }


def _found(name: str) -> Step:
    try:
        return find_step(name)
    except WorkbookError:
        abort(404)


def _one_of(files: Any, name: str) -> Path:
    """The file of that name; a request cannot name one in another folder."""
    for file in files:
        if file.name == name and file.name != "README.md":
            return Path(file)
    abort(404)
