"""`providers`: only the local providers, until Ctrl-C."""

from __future__ import annotations

import threading

import click

from .options import Fault, with_faults


@click.command("providers")
@click.option("--provider-port", "port", default=5001, show_default=True, help="The port to listen on.")
@click.option(
    "--callback",
    "callbacks",
    multiple=True,
    metavar="URL",
    help="List another redirect URI of your app at every provider.",
)
@with_faults
def providers_command(port: int, callbacks: tuple[str, ...], faults: tuple[Fault, ...]) -> None:
    """Run the local providers alone, for `flask run` in another terminal."""
    from workbook.web.running import serve_providers, stop_on_signals
    from workbook.web.saying import say_how_to_end, say_providers

    stop = threading.Event()
    stop_on_signals(stop)
    with serve_providers(port, faults, callbacks) as running:
        say_providers(running)
        say_how_to_end()
        while not stop.wait(1):
            pass
