"""All attacks against all steps: the outcomes, and the table of them as Markdown. The same apps give the same text each
time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from workbook.course.steps import Step
from workbook.lab.warm import Warm

from .carrying_out import carry_out
from .outcomes import NOT_TRIED, WITHSTOOD, WORKS, Outcome
from .registry import attacks

# The outcomes of one step, by the attacks' names.
Outcomes = Mapping[str, Outcome]

_CELLS = {WORKS: "**works**", WITHSTOOD: "withstood", NOT_TRIED: "–"}
_SIGNS = {WORKS: "✗", WITHSTOOD: "✓", NOT_TRIED: "–"}


def steps_with_an_app(steps: Iterable[Step], folder: Path) -> list[Step]:
    """The steps that have an app of the student's in a folder of step folders. Step 00 has an app to look at."""
    return [step for step in steps if int(step.number) and has_an_app(folder / step.name)]


def has_an_app(folder: Path) -> bool:
    """Whether a step's folder has an app."""
    return (folder / "app.py").is_file() or (folder / "app").is_dir()


def outcomes(place: Path, warm: Warm) -> Outcomes:
    """The outcomes of all attacks on the app in a step's folder. WorkbookError where it does not start."""
    return {attempt.attack.name: attempt.outcome for attempt in carry_out(attacks().values(), place, warm)}


def signs(of_steps: Mapping[str, Outcomes]) -> str:
    """The table as Markdown, with a sign in each cell: a row for each attack, and a column for each step by its
    number."""
    lines = [f"| attack | {' | '.join(of_steps)} |", f"| --- |{' --- |' * len(of_steps)}"]
    for name in attacks():
        row = [_SIGNS[of_step[name].result] for of_step in of_steps.values()]
        lines.append(f"| `{name}` | {' | '.join(row)} |")
    return "\n".join(lines) + "\n"


def table(of_steps: Mapping[str, Outcomes]) -> str:
    """The table as Markdown, with the attacks' titles, and below it the reasons for each cell."""
    lines = [
        f"| attack | Eve's success | {' | '.join(of_steps)} |",
        f"| --- | --- |{' --- |' * len(of_steps)}",
    ]
    for name, attack in attacks().items():
        row = [_CELLS[of_step[name].result] for of_step in of_steps.values()]
        lines.append(f"| `{name}` | {attack.title} | {' | '.join(row)} |")
    lines += [
        "",
        f"{_CELLS[NOT_TRIED]}: the attack could not be tried, because the app lacks something for it.",
    ]
    for name in attacks():
        lines += [
            "",
            f"## {name}",
            "",
            *_reasons({number: found[name] for number, found in of_steps.items()}),
        ]
    return "\n".join(lines) + "\n"


def _reasons(of_steps: Mapping[str, Outcome]) -> Iterable[str]:
    """A line for each outcome, with the steps that have it."""
    steps: dict[Outcome, list[str]] = {}
    for number, outcome in of_steps.items():
        steps.setdefault(outcome, []).append(number)
    for outcome, numbers in steps.items():
        yield f"- {', '.join(numbers)}, {outcome.result}: {outcome.because}"
