"""`diagram`: the flow of a step's app, recorded now."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from workbook.course.errors import WorkbookError
from workbook.course.steps import find_step

from .options import folder_of, in_folder


@click.command("diagram")
@click.argument("step")
@in_folder
@click.option("--flow", "name", metavar="NAME", help="Which of the step's flows (default: the first).")
@click.option("--svg", metavar="FILE", help="Write it as SVG.")
@click.option("--png", metavar="FILE", help="Write it as PNG.")
@click.option("--mermaid", is_flag=True, help="Print it as Mermaid.")
def diagram_command(
    step: str, folder: str | None, name: str | None, svg: str | None, png: str | None, mermaid: bool
) -> None:
    """Run a step's app, record its flow, and draw it."""
    from workbook.exercises.recorded import flow_names, record
    from workbook.flow.drawn import arrows
    from workbook.flow.mermaid import to_mermaid
    from workbook.lab.warm_apps import warm_for_apps

    chosen = find_step(step)
    names = flow_names(chosen)
    if name is not None and name not in names:
        raise WorkbookError(f"Step {chosen.name} has no flow '{name}'. It has: {', '.join(names)}.")
    for file in filter(None, (svg, png)):
        if not Path(file).parent.is_dir():
            raise WorkbookError(f"{file} cannot be written: there is no folder {Path(file).parent}.")
    with warm_for_apps() as apps:
        flow = record(chosen, folder_of(folder), name or names[0], apps)
    text = to_mermaid(flow)
    if mermaid:
        click.echo(text, nl=False)
    if svg:
        from workbook.flow.pictures import to_svg

        _write(svg, to_svg(text).encode())
    if png:
        from workbook.flow.pictures import to_png

        _write(png, to_png(text))
    if not (mermaid or svg or png):
        from rich.console import Console

        from workbook.flow.terminal import to_terminal

        console = Console()
        click.echo(flow.title)
        click.echo(
            to_terminal(arrows(flow), width=console.width, color=sys.stdout.isatty(), unicode=_unicode())
        )


def _unicode() -> bool:
    return (sys.stdout.encoding or "").lower().startswith("utf")


def _write(name: str, content: bytes) -> None:
    try:
        Path(name).write_bytes(content)
    except OSError as error:
        raise WorkbookError(f"{name} cannot be written: {error.strerror}.") from None
    click.echo(f"Wrote {name}.")
