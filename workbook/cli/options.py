"""Arguments that several commands take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from workbook.course.errors import WorkbookError
from workbook.course.places import CHAPTERS, ROOT

F = TypeVar("F", bound=Callable[..., object])


def in_folder(function: F) -> F:
    """Adds --in DIR."""
    return click.option(
        "--in", "folder", metavar="DIR", default=None, help="The folder of step folders (default: chapters)."
    )(function)


Fault = tuple[str, str, str]


def with_faults(function: F) -> F:
    """Adds --fault, for the argument `faults`: provider, endpoint and kind of each."""
    return click.option(
        "--fault",
        "faults",
        multiple=True,
        metavar="PROVIDER.ENDPOINT=KIND",
        callback=lambda context, option, values: tuple(_fault(value) for value in values),
        help="Switch a fault on, such as twitter.access_token=silent.",
    )(function)


def _fault(text: str) -> Fault:
    place, equals, kind = text.partition("=")
    provider, dot, endpoint = place.partition(".")
    if not (equals and dot and provider and endpoint and kind):
        raise click.UsageError(
            f"'{text}' is not of the form PROVIDER.ENDPOINT=KIND, such as twitter.access_token=silent."
        )
    return provider, endpoint, kind


def folder_of(given: str | None) -> Path:
    """The folder that --in names, relative to the user's current folder, or else to the workbook's own."""
    if given is None:
        return CHAPTERS
    for base in (Path.cwd(), ROOT):
        folder = (base / given).resolve()
        if folder.is_dir():
            return folder
    raise WorkbookError(f"There is no folder '{given}'. Name one with --in that holds step folders.")
