"""Programs that know nothing of the workbook, each in a process of its own, as a user's browser meets them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbook.providers.server import ProvidersServer

from .calling import a_person

FOREIGN = Path(__file__).parent / "foreign"
UV = [sys.executable, "-m", "uv"]


def environment_with(folder: Path, *packages: str) -> str:
    """Makes an environment that has those packages; returns its Python."""
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    # As for the workbook's own set-up: only the system knows the certificate of a proxy.
    env = {"UV_SYSTEM_CERTS": "1", **os.environ}
    make = [*UV, "venv", "--quiet", "--python", sys.executable, folder]
    subprocess.run(make, check=True, timeout=120, env=env)
    install = [*UV, "pip", "install", "--quiet", "--python", python, *packages]
    subprocess.run(install, check=True, timeout=300, env=env)
    return str(python)


def log_in(
    providers: ProvidersServer,
    command: list[str | Path],
    who: str,
    *,
    callback: str,
    more: dict[str, str] | None = None,
) -> object:
    """Runs the program, acts as the user on the page that it names, and returns the JSON that it prints at the end."""
    environment = {
        "SYSTEMROOT": os.environ.get("SYSTEMROOT", ""),  # without it there is no network on Windows
        **providers.environment(),
        "CALLBACK": f"{providers.url}{callback}",
        "PYTHONIOENCODING": "utf-8",
        **(more or {}),
    }
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as client:
        assert client.stdout is not None and client.stderr is not None
        address = client.stdout.readline().strip()
        if not address:
            pytest.fail(client.stderr.read())
        browser = a_person()
        page = browser.open(address)
        (form,) = page.forms()
        page = browser.submit(form, decision="allow", person=who)
        said, error = client.communicate(f"{page.url}\n", timeout=30)
    assert client.returncode == 0, error
    return json.loads(said)
