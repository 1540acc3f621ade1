"""A second `start` on the same ports: finds the workbook that runs there, and offers its page."""

from __future__ import annotations

import sys
import webbrowser

import click
import requests

from workbook.course.errors import WorkbookError
from workbook.course.steps import Step, all_steps

# Where the desk tells which step it shows.
PATH = "/live/run"
# The longest wait for its response (seconds).
_WAIT = 2.0


def running_step(provider_port: int) -> Step | None:
    """The step of the workbook that runs with its providers on this port; None if none does."""
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy between this program and its own machine
            url = f"http://127.0.0.1:{provider_port}{PATH}"
            found = session.get(url, timeout=_WAIT, allow_redirects=False).json()
    except (requests.RequestException, ValueError):
        return None
    # Another program's text is compared with our own names, and never printed.
    return next((step for step in all_steps() if found == {"workbook": step.name}), None)


def offer_its_page(step: Step, provider_port: int, *, ask: bool) -> None:
    """Opens the page of the workbook that runs, if the person says so. If no person is asked, WorkbookError."""
    url = f"http://127.0.0.1:{provider_port}/"
    said = f"The workbook runs already, with step {step.number}: {url}"
    if ask and sys.stdin.isatty() and sys.stdout.isatty():
        click.echo(said)
        if click.confirm("Open its page?", default=True):
            webbrowser.open(url)
        return
    raise WorkbookError(f"{said} (Ctrl-C ends it there. --port and --provider-port name other ports.)")
