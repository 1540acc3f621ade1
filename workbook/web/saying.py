"""What `start` and `providers` say in the terminal: where everything is, how the app is, how the exercises stand."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from workbook.checks.verdicts import Verdict, Verdicts
from workbook.course.places import CHAPTERS, ROOT
from workbook.course.steps import all_steps
from workbook.lab.commands import Revisions
from workbook.lab.running import AppFailed
from workbook.providers.server import ProvidersServer

from .choosing import Choice
from .surroundings import Surroundings


def say_places(choice: Choice, title: str, app_url: str, providers: ProvidersServer) -> None:
    """Prints where the app, the page, the providers and the lesson are, and what to do first."""
    click.secho(title, bold=True)
    what = "The finished app" if choice.tour else "Your app"
    click.echo(f"  {what:<18} {app_url}   ({_from_here(choice.app)})")
    shows = "every message" if choice.tour else "the lesson, your verdicts, and every message"
    click.echo(f"  {'The page':<18} {providers.url}/   ({shows})")
    say_providers(providers)
    if choice.tour:
        click.echo(f"  Log in, and read the messages. Then begin with {_from_here(all_steps()[0].chapter)}")
    else:
        click.echo(f"  {'The lesson':<18} {_from_here(CHAPTERS / choice.step.name / 'README.md')}")
        click.echo(
            f"  Save a file, and it is loaded and checked again. For a shell of your own: {_activation()}"
        )


def say_providers(providers: ProvidersServer) -> None:
    """Prints where the providers' pages are."""
    for name in providers.names:
        click.echo(f"  {f'The local {providers.label(name)}':<18} {providers.url}/{name}/")
    click.echo(f"  {'Faults':<18} {providers.faults_page}")


def say_settings(changed: Iterable[Path]) -> None:
    """Prints which files of settings have changed: the app has the new ones."""
    click.echo(
        f"{' and '.join(sorted(file.name for file in changed))} has changed, and your app reads it again."
    )


def say_surroundings(around: Surroundings) -> None:
    """Prints which of the shell's settings the app uses, and which belong to another project."""
    if around.taken:
        click.echo(f"  {'From your shell':<18} {', '.join(around.taken)}")
    if around.left:
        click.echo(f"  {'Not from it':<18} {', '.join(around.left)} (put your own into .env)")
    if os.environ.get("SSH_CONNECTION"):
        click.echo(
            f"  {'Over SSH':<18} README.md, “When something does not work”, has the tunnel for your browser"
        )


def say_database(database: Revisions) -> None:
    """Prints the URL of the app's database, with no password in it."""
    click.echo(f"  {'Its database':<18} {database.url}")


def say_behind(database: Revisions) -> None:
    """Prints that a database has not had all of the step's migrations, where it has not."""
    if database.current == database.newest:
        return
    now = f"has come to migration {database.current}" if database.current else "has had no migration"
    click.secho(
        f"  {'':<18} it {now}, and they go to {database.newest}: the lesson says when to run "
        "`flask db upgrade`, and how far",
        fg="yellow",
    )


def say_how_to_end() -> None:
    """Prints the last line: from here on all is ready."""
    click.echo("Ctrl-C ends it.")


def say_failed(app: AppFailed) -> None:
    """Prints why the app does not start."""
    click.secho(f"Your app does not start: {app.error}", fg="red")
    if app.traceback:
        click.echo(app.traceback)


class SayingVerdicts:
    """Prints each verdict of one run as it comes, and at the end what they come to."""

    def __init__(self, choice: Choice) -> None:
        from workbook.checks.printing import Printer

        self._choice = choice
        self._printer = Printer()
        self._begun = False

    def verdict(self, verdict: Verdict) -> None:
        """Prints how one exercise stands."""
        if not self._begun:
            self._printer.console.print()
            self._begun = True
        self._printer.verdict(verdict)

    def end(self, verdicts: Verdicts) -> None:
        """Prints the points, and in the student's own folder when the step is done."""
        self._printer.summary(verdicts)
        last = all_steps()[-1]
        if self._choice.folder == CHAPTERS and self._choice.step != last and verdicts.all_passed:
            click.echo(
                "This step is done. Ctrl-C, and `python3 -m workbook start` goes on with the next one."
            )


def _from_here(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _activation() -> str:
    if sys.platform == "win32":
        return r".venv\Scripts\activate"
    return f"source {_from_here(ROOT / '.venv' / 'bin' / 'activate')}"
