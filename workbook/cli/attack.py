"""`attack`: attacks that are carried out against a step's app."""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbook.course.errors import WorkbookError
from workbook.course.steps import Step, all_steps, find_step

from .options import folder_of, in_folder

if TYPE_CHECKING:
    from workbook.attacks.carrying_out import Attempt

# The step that attacks and fixes. While there is none, the last step before it is attacked.
_ATTACKED = 9
EVERY = "all"
_WIDTH = 100  # of text (columns)


@click.command("attack")
@click.argument("name", required=False, metavar="[NAME or all]")
@click.argument("step", required=False)
@in_folder
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, and nothing else.")
def attack_command(name: str | None, step: str | None, folder: str | None, as_json: bool) -> int:
    """Attack a step's app, and say what worked. Without a name, list the attacks.

    The command starts the app itself, on this machine, and attacks nothing else. Without STEP it attacks step 09, or
    the last step before step 09.
    """
    from workbook.attacks.registry import attacks

    known = attacks()
    if name is None:
        _list(as_json)
        return 0
    if name != EVERY and name not in known:
        raise WorkbookError(
            f"There is no attack '{name}'. The attacks are: {', '.join(known)}. Or name {EVERY}."
        )
    chosen = list(known.values()) if name == EVERY else [known[name]]
    from workbook.attacks.carrying_out import carry_out, counted
    from workbook.attacks.outcomes import WORKS
    from workbook.lab.warm_apps import warm_for_apps

    attacked = find_step(step) if step else _usual_step()
    place = _app_of(attacked, folder_of(folder))
    attempts = []
    with warm_for_apps([place]) as warm:
        for attempt in carry_out(chosen, place, warm):
            attempts.append(attempt)
            if not as_json:
                _print(attempt, brief=name == EVERY)
    count = counted(attempts)
    if as_json:
        every = [_as_json(attempt) for attempt in attempts]
        words = {result.replace(" ", "_"): number for result, number in count.items()}
        print(json.dumps({"step": attacked.name, "attacks": every, **words}, ensure_ascii=True), flush=True)
    elif name == EVERY:
        click.echo(
            f"Step {attacked.number}: "
            + ", ".join(f"{number} {result}" for result, number in count.items())
            + ".\nWith the name of an attack instead of `all`, the command tells its story and draws its messages."
        )
    return 1 if count[WORKS] else 0


def _usual_step() -> Step:
    return [step for step in all_steps() if int(step.number) <= _ATTACKED][-1]


def _app_of(step: Step, folder: Path) -> Path:
    """The folder of a step's app; WorkbookError where there is none."""
    from workbook.attacks.table import has_an_app

    place = folder / step.name
    if not place.is_dir():
        raise WorkbookError(f"There is no folder {place}. `--in DIR` names the folder that has it.")
    if not has_an_app(place):
        raise WorkbookError(f"Step {step.name} has no app to attack.")
    return place


def _list(as_json: bool) -> None:
    from workbook.attacks.registry import attacks

    known = attacks()
    if as_json:
        every = [{"name": attack.name, "title": attack.title} for attack in known.values()]
        print(json.dumps({"attacks": every}, ensure_ascii=True), flush=True)
        return
    width = max(map(len, known))
    for attack in known.values():
        click.echo(f"{attack.name:<{width}}  {attack.title}")


def _print(attempt: Attempt, *, brief: bool) -> None:
    """The story, the outcome, and the drawing. `brief` leaves out the story and the drawing."""
    from workbook.attacks.outcomes import NOT_TRIED, WORKS

    attack, outcome = attempt.attack, attempt.outcome
    click.secho(f"{attack.name}: {attack.title}", bold=True)
    if not brief:
        click.echo(f"\n{attack.story}\n")
    said = {WORKS: "It works.", NOT_TRIED: "It could not be tried."}.get(
        outcome.result, "The app withstood it."
    )
    click.secho(said, fg={WORKS: "red", NOT_TRIED: "yellow"}.get(outcome.result, "green"))
    click.echo(textwrap.fill(outcome.because, _WIDTH, break_long_words=False, break_on_hyphens=False))
    if not brief and outcome.result != NOT_TRIED:
        _draw(attempt)
    click.echo()


def _draw(attempt: Attempt) -> None:
    from rich.console import Console

    from workbook.flow.drawn import arrows
    from workbook.flow.terminal import to_terminal

    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    drawn = arrows(attempt.flow)
    if drawn:
        click.echo()
        click.echo(to_terminal(drawn, width=Console().width, color=sys.stdout.isatty(), unicode=unicode))


def _as_json(attempt: Attempt) -> dict[str, Any]:
    from workbook.flow.drawn import arrows
    from workbook.flow.terminal import one_line

    return {
        "name": attempt.attack.name,
        "title": attempt.attack.title,
        "result": attempt.outcome.result,
        "because": attempt.outcome.because,
        "messages": [one_line(arrow) for arrow in arrows(attempt.flow)],
    }
