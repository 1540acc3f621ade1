"""`start`: the providers, the step's app, its checks at every save, and the live page, until Ctrl-C."""

from __future__ import annotations

import click

from .options import Fault, folder_of, in_folder, with_faults


@click.command("start")
@click.argument("step", required=False)
@in_folder
@click.option("--no-browser", is_flag=True, help="Do not open the page in a browser.")
@click.option("--port", default=5000, show_default=True, help="The port of your app.")
@click.option("--provider-port", default=5001, show_default=True, help="The port of the local providers.")
@with_faults
def start_command(
    step: str | None,
    folder: str | None,
    no_browser: bool,
    port: int,
    provider_port: int,
    faults: tuple[Fault, ...],
) -> None:
    """Run a step's app beside the local providers, and check it at every save.

    On a fresh clone, without a STEP, this is a tour of the finished Twitter login.
    """
    from workbook.web.choosing import choose
    from workbook.web.running import Start

    choice = choose(step, folder_of(folder), given=folder is not None)
    Start(choice, port=port, provider_port=provider_port, open_browser=not no_browser, faults=faults).run()
