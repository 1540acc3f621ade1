"""A step at work: its app, the providers, the checks at every save, and the page that shows it all."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import click
from dotenv import dotenv_values

from workbook.checks.verdicts import Verdicts
from workbook.checks.watch import Cancelled, WarmChecks, saves
from workbook.course.errors import WorkbookError
from workbook.course.places import CHAPTERS, ROOT, SOLUTIONS, STATE
from workbook.course.progress import Progress, read_progress
from workbook.course.starters import is_untouched
from workbook.course.steps import Step, all_steps, find_step
from workbook.flow.drawn import LABELS
from workbook.lab.commands import revisions
from workbook.lab.running import AppFailed, RunningApp
from workbook.lab.site import warm_for_apps
from workbook.lab.warm import Warm
from workbook.providers.server import PortInUse, ProvidersServer

from .live import Live
from .page import live_page
from .ports import Socket, listen, port_taken

_TOURED = STATE / "toured"
# How often it is looked whether the terminal or program that started this is still there (seconds).
_PARENT_CHECK = 0.5


@dataclass(frozen=True)
class Choice:
    """What to start: a step, the folder of step folders that its app is taken from, and whether it is the tour."""

    step: Step
    folder: Path
    tour: bool = False


def choose(wanted: str | None, folder: Path, *, given: bool) -> Choice:
    """The step that was asked for; without one the tour on a fresh clone, and then the first step to be done."""
    if wanted is not None:
        step = find_step(wanted)
        if not (folder / step.name).is_dir():
            raise WorkbookError(
                f"There is no folder {folder / step.name}. `--in DIR` names the folder that has it."
            )
        return Choice(step, folder)
    untouched = folder == CHAPTERS and all(is_untouched(folder / step.name) for step in all_steps())
    if not given and untouched and not _TOURED.exists() and SOLUTIONS.is_dir():
        return Choice(find_step("1"), SOLUTIONS, tour=True)
    return Choice(_first_open(folder), folder)


def _first_open(folder: Path) -> Step:
    """The first step with an exercise that is not passed; the last one where there is none.

    What the last check of the student's own folder saw is believed; other steps are checked.
    """
    from workbook.checks.run import run_checks

    steps = [step for step in all_steps() if (folder / step.name).is_dir()]
    if not steps:
        raise WorkbookError(f"There is no step folder in {folder}.")
    progress = read_progress() if folder == CHAPTERS else Progress()
    for step in steps:
        seen = [progress.passed.get(exercise.id) for exercise in step.exercises]
        if None in seen:
            verdicts = run_checks([step], folder)
            seen = [verdict.passed for verdict in verdicts.all]
            if folder == CHAPTERS:
                progress.note_verdicts(verdicts.by_exercise)
        if not all(seen):
            return step
    return steps[-1]


class Start:
    """Runs a choice until it is interrupted, or until whatever started it is gone."""

    def __init__(
        self,
        choice: Choice,
        *,
        port: int,
        provider_port: int,
        open_browser: bool,
        faults: Iterable[tuple[str, str, str]] = (),
    ) -> None:
        self.choice = choice
        self.faults = tuple(faults)
        self.port = port
        self.provider_port = provider_port
        self.open_browser = open_browser
        self.live = Live(
            step=choice.step.name,
            title=choice.step.title,
            app_url=f"http://localhost:{port}",
            tour=choice.tour,
        )
        self._stop = threading.Event()
        self._app: RunningApp | None = None

    def run(self) -> None:
        """Starts everything, and ends everything."""
        stop_on_signals(self._stop)
        with ExitStack() as opened:
            socket = opened.enter_context(listen(self.port, "--port"))
            providers = opened.enter_context(self._providers())
            apps = opened.enter_context(warm_for_apps())
            checks = None if self.choice.tour else opened.enter_context(WarmChecks(apps))
            opened.callback(self._stop_app)
            self._environment = self._for_the_app(providers)
            self._load_app(apps, socket)
            self._say(providers, apps)
            if self.open_browser:
                webbrowser.open(providers.url)
            if self.choice.tour:
                _remember_the_tour()
            self._work(apps, checks, socket)
        click.echo("Stopped.")

    def _providers(self) -> ProvidersServer:
        providers = serve_providers(self.provider_port, self.faults)
        providers.on_message = self.live.heard
        providers.mount("/", live_page(self.live))
        return providers

    def _for_the_app(self, providers: ProvidersServer) -> dict[str, str]:
        """The app's environment: what the shell and .env say goes before the local providers' addresses."""
        said = {**dotenv_values(ROOT / ".env"), **os.environ}
        known = {**local_keys(), **providers.environment()}
        local = {name: value for name, value in known.items() if name not in said}
        return {**os.environ, **local}

    def _load_app(self, apps: Warm, socket: Socket) -> None:
        self._stop_app()
        failed: AppFailed | None = None
        try:
            self._app = self._run_app(apps, socket)
            failed = self._app.failure
        except AppFailed as error:
            failed = error
            self._app = self._run_app(apps, socket, instead=error)
        if failed:
            click.secho(f"Your app does not start: {failed.error}", fg="red")
            if failed.traceback:
                click.echo(failed.traceback)
        self.live.set(
            app_error=f"Your app does not start: {failed.error}\n{failed.traceback}" if failed else None
        )

    def _run_app(self, apps: Warm, socket: Socket, instead: AppFailed | None = None) -> RunningApp:
        return RunningApp(
            apps,
            self.choice.folder / self.choice.step.name,
            self._environment,
            in_place=True,
            instead=instead,
            on_message=self.live.heard,
            **({"listen_on": socket.handed} if apps.fork else {"port": socket.let_go()}),
        )

    def _stop_app(self) -> None:
        if self._app is not None:
            self._app.stop()
            self._app = None

    def _work(self, apps: Warm, checks: WarmChecks | None, socket: Socket) -> None:
        """Until the end: at every save loads the app again and checks it."""
        if checks is None:
            while not self._stop.wait(1):
                pass
            return
        checking = _Checking(checks, self.choice, self._verdicts, self.live)
        checking.again()
        for _ in saves([self.choice.folder / self.choice.step.name], self._stop):
            checking.again()
            self._load_app(apps, socket)
        checking.end()

    def _verdicts(self, verdicts: Verdicts) -> None:
        from workbook.checks.printing import Printer

        if self.choice.folder == CHAPTERS:
            read_progress().note_verdicts(verdicts.by_exercise)
        printer = Printer()
        printer.console.print()
        for verdict in verdicts.all:
            printer.verdict(verdict)
        printer.summary(verdicts)
        last = all_steps()[-1]
        if self.choice.folder == CHAPTERS and self.choice.step != last and verdicts.all_passed:
            click.echo(
                "This step is done. Ctrl-C, and `python3 -m workbook start` goes on with the next one."
            )

    def _say(self, providers: ProvidersServer, apps: Warm) -> None:
        click.secho(self.live.title, bold=True)
        what = "The finished app" if self.choice.tour else "Your app"
        where = _from_here(self.choice.folder / self.choice.step.name)
        click.echo(f"  {what:<18} {self.live.app_url}   ({where})")
        click.echo(f"  {'What is said':<18} {providers.url}/")
        say_providers(providers)
        if self.choice.tour:
            click.echo(
                f"  Sign in, and see what was said. Then begin with {_from_here(all_steps()[0].chapter)}"
            )
        else:
            click.echo(f"  {'The lesson':<18} {_from_here(CHAPTERS / self.choice.step.name / 'README.md')}")
            click.echo(
                f"  Save a file, and it is loaded and checked again. For a shell of your own: {_activation()}"
            )
        self._say_database(apps)
        click.echo("Ctrl-C ends it.")

    def _say_database(self, apps: Warm) -> None:
        """Where the step has migrations that its database has not had, says so."""
        folder = self.choice.folder / self.choice.step.name
        if not (folder / "migrations").is_dir():
            return
        found = revisions(folder, apps, self._environment)
        if found is not None and found.current != found.newest:
            now = f"has come to migration {found.current}" if found.current else "has had no migration"
            click.secho(
                f"  {'Its database':<18} {now}, and they go to {found.newest}: the lesson says when to run "
                "`flask db upgrade`, and how far",
                fg="yellow",
            )


def stop_on_signals(stop: threading.Event) -> None:
    """Sets `stop` when the process is asked to end, or when whatever started it is gone.

    A terminal that was closed, or a program that was killed, must not leave the ports taken.
    """

    def ask(number: int, frame: object) -> None:
        stop.set()

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), ask)
    parent = os.getppid()

    def watch_the_parent() -> None:
        while not stop.wait(_PARENT_CHECK):
            if os.getppid() != parent:
                stop.set()

    threading.Thread(target=watch_the_parent, daemon=True).start()


class _Checking:
    """Checks in a thread of its own; a newer save ends the run that is going on."""

    def __init__(
        self, checks: WarmChecks, choice: Choice, show: Callable[[Verdicts], None], live: Live
    ) -> None:
        self._checks = checks
        self._choice = choice
        self._show = show
        self._live = live
        self._wanted = threading.Event()
        self._over = False
        threading.Thread(target=self._work, daemon=True).start()

    def again(self) -> None:
        """Asks for a new run."""
        self._wanted.set()
        self._checks.cancel()

    def end(self) -> None:
        """No more runs."""
        self._over = True
        self._wanted.set()
        self._checks.cancel()

    def _work(self) -> None:
        while self._wanted.wait() and not self._over:
            self._wanted.clear()
            self._live.set(checking=True)
            try:
                verdicts = self._checks.run(self._choice.step, self._choice.folder)
            except Cancelled:
                continue
            except WorkbookError as error:
                if not self._over:
                    click.echo(str(error), err=True)
                self._live.set(checking=False)
                continue
            self._live.set(checking=False, verdicts=verdicts)
            self._show(verdicts)


def serve_providers(port: int, faults: Iterable[tuple[str, str, str]]) -> ProvidersServer:
    """The local providers, with the keys that .flaskenv has, and some faults (provider, endpoint, kind) switched on."""
    try:
        providers = ProvidersServer(port=port, keys=local_keys(), control_key=secrets.token_urlsafe(9))
    except PortInUse:
        raise port_taken(port, "--provider-port") from None
    for provider, endpoint, kind in faults:
        try:
            providers.faults.set(provider, endpoint, kind)
        except ValueError as error:
            providers.stop()
            raise WorkbookError(str(error)) from None
    return providers


def say_providers(providers: ProvidersServer) -> None:
    """Prints where the providers' pages are."""
    for name in providers.names:
        click.echo(f"  {f'The local {LABELS[name]}':<18} {providers.url}/{name}/")
    click.echo(f"  {'Faults':<18} {providers.faults_page}")


def local_keys() -> dict[str, str]:
    """The made-up keys of the apps at the local providers, as .flaskenv has them."""
    return {name: value for name, value in dotenv_values(ROOT / ".flaskenv").items() if value is not None}


def _remember_the_tour() -> None:
    try:
        STATE.mkdir(exist_ok=True)
        _TOURED.touch()
    except OSError:
        pass  # a folder that cannot be written only means that the tour comes again


def _from_here(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _activation() -> str:
    if sys.platform == "win32":
        return r".venv\Scripts\activate"
    return f"source {_from_here(ROOT / '.venv' / 'bin' / 'activate')}"
