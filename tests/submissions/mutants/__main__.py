"""Mutants of the finished apps, made by machine: which of them the checks refuse, and which pass.

    python -m tests.submissions.mutants list [STEP ...]
    python -m tests.submissions.mutants run [STEP ...] [--count N --seed S] [--found FILE]
    python -m tests.submissions.mutants show FILE

`run` writes one line of JSON a mutant into FILE as they come; the same command again goes on where it stopped. Each
mutant that passes is explained in passing.toml, beside this file, or is a hole in the checks: exit code 1.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from pathlib import Path

import click

from workbook.course.steps import all_steps

from .explained import explained, stale
from .judging import AT_ITS_EXERCISE, ELSEWHERE, PASSES, Judged, judge
from .making import Mutant, mutants_of


@click.group()
def main() -> None:
    """Mutants of the finished apps."""


def _mutants(steps: tuple[str, ...], count: int | None, seed: int) -> list[Mutant]:
    found = [m for step in all_steps() if not steps or step.number in steps for m in mutants_of(step)]
    if count is None or count >= len(found):
        return found
    chosen = set(random.Random(seed).sample(range(len(found)), count))
    return [mutant for number, mutant in enumerate(found) if number in chosen]


@main.command("list")
@click.argument("steps", nargs=-1)
def list_(steps: tuple[str, ...]) -> None:
    """Lists the mutants: exercise, file, line, kind of change, and the change."""
    for mutant in _mutants(steps, None, 0):
        change = f"{mutant.was}  →  {mutant.now}".replace("\n", " ⏎ ")
        click.echo(f"{mutant.key} {mutant.exercise} {mutant.file}:{mutant.line} {mutant.operator}: {change}")


@main.command()
@click.argument("steps", nargs=-1)
@click.option("--count", type=click.IntRange(1), help="So many of them, chosen by the seed; without it, all.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--found", type=click.Path(path_type=Path, dir_okay=False), help="Where each result is written."
)
def run(steps: tuple[str, ...], count: int | None, seed: int, found: Path | None) -> None:
    """Runs the checks on mutants, and tells which pass without an explanation."""
    mutants = _mutants(steps, count, seed)
    before = {one.key: one for one in _read(found)} if found and found.exists() else {}
    judged = [before[m.key] for m in mutants if m.key in before]
    begin = time.monotonic()
    for one in judge(m for m in mutants if m.key not in before):
        judged.append(one)
        if found:
            with found.open("a", encoding="utf-8") as file:
                file.write(json.dumps(one.to_json(), ensure_ascii=False) + "\n")
        if one.outcome == PASSES and not explained(one):
            click.echo(_shown(one))
    sys.exit(_summed_up(judged, time.monotonic() - begin, whole=count is None))


@main.command()
@click.argument("found", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--elsewhere", is_flag=True, help="Those that another exercise refused, too.")
def show(found: Path, elsewhere: bool) -> None:
    """Shows what a run has found: those that pass without an explanation, and the numbers."""
    judged = _read(found)
    for one in judged:
        if (one.outcome == PASSES and not explained(one)) or (elsewhere and one.outcome == ELSEWHERE):
            click.echo(_shown(one))
    sys.exit(_summed_up(judged, None, whole=False))


def _read(file: Path) -> list[Judged]:
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]
    return [Judged(**{**line, "refused_by": tuple(line["refused_by"])}) for line in lines]


def _shown(one: Judged) -> str:
    change = "\n".join(
        [
            *(f"    - {line}" for line in one.was.splitlines()),
            *(f"    + {line}" for line in one.now.splitlines()),
        ]
    )
    by = f", refused by {', '.join(one.refused_by)}" if one.refused_by else ""
    return f"{one.key} {one.exercise} {one.step}/{one.file}:{one.line} {one.operator}: {one.outcome}{by}\n{change}"


def _summed_up(judged: list[Judged], seconds: float | None, whole: bool) -> int:
    """Prints the numbers of each step; gives the exit code."""
    for step in all_steps():
        of_step = [one for one in judged if one.step == step.name]
        if of_step:
            counts = Counter(one.outcome for one in of_step)
            right = sum(one.outcome == PASSES and bool(explained(one)) for one in of_step)
            click.echo(
                f"{step.number}: {len(of_step)} mutants, {counts[AT_ITS_EXERCISE]} refused at their exercise, "
                f"{counts[ELSEWHERE]} elsewhere, {right} pass with an explanation, {counts[PASSES] - right} without"
            )
    if seconds is not None:
        click.echo(f"{seconds:.0f} s")
    old = stale(judged) if whole else []
    for entry in old:
        click.echo(
            f"passing.toml explains what no mutant does any more: {entry.step}: {entry.was}  →  {entry.now}"
        )
    return 1 if old or any(one.outcome == PASSES and not explained(one) for one in judged) else 0


if __name__ == "__main__":
    main()
