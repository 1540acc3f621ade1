"""`python -m workbook`: finds the command, and turns every error into one line and an exit code."""

from __future__ import annotations

import importlib
import os
import sys
import traceback

import click

from workbook.course.errors import WorkbookError
from workbook.course.places import STATE

# Each command is in a module of its own, which is imported only when it is called: some import much.
_COMMANDS = {
    "start": "start",
    "check": "check",
    "hint": "hint",
    "list": "list",
    "diagram": "diagram",
    "notebook": "notebook",
    "reset": "reset",
    "bring": "bring",
    "providers": "providers",
    "attack": "attack",
    "hand-in": "hand_in",
    "grade": "grade",
    "release": "release",
    "build": "build",
    "test": "test",
}


class _Commands(click.Group):
    def list_commands(self, context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module = importlib.import_module(f"workbook.cli.{_COMMANDS[name]}")
        command: click.Command = getattr(module, f"{_COMMANDS[name]}_command")
        return command


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def workbook() -> None:
    """The Flask OAuth Workbook: learn how to let users log in with a provider."""


def main() -> None:
    """Runs the command line and ends the process: 0 all as wanted, 1 something is not passed, 2 wrong use."""
    try:
        code = workbook(prog_name="python3 -m workbook", standalone_mode=False, color=_color())
        sys.stdout.flush()
        sys.exit(code if isinstance(code, int) else 0)
    except WorkbookError as error:
        _stop(str(error))
    except click.Abort:
        _stop("Stopped.")
    except KeyboardInterrupt:
        _stop("Stopped.")
    except click.UsageError as error:
        _stop(f"{error.format_message()} `python3 -m workbook {_asked()}--help` tells more.")
    except click.ClickException as error:
        _stop(error.format_message())
    except BrokenPipeError:
        # The reader of our output has gone: no one would see an error.
        sys.stderr.close()
        sys.exit(2)
    except Exception as error:
        _stop(f"The workbook itself failed: {_kept(error)}")


def _color() -> bool | None:
    """False where a person wants no colour (no-color.org) or the terminal has none; None leaves it to click."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def _asked() -> str:
    return f"{sys.argv[1]} " if len(sys.argv) > 1 and sys.argv[1] in _COMMANDS else ""


def _kept(error: Exception) -> str:
    """Writes the traceback to a file, and says where."""
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    try:
        STATE.mkdir(exist_ok=True)
        file = STATE / "error.log"
        file.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError:
        return what
    return f"{what} (more in {file})"


def _stop(line: str) -> None:
    click.echo(line, err=True)
    sys.exit(2)
