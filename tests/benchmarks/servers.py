"""Three providers, each in a process of its own, and the clients that log in with them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, NamedTuple

import psutil

from workbook.course.places import ROOT

from .client import KEY, SECRET, Plan

HERE = Path(__file__).parent
MOCK = "oauth2-mock-server@8.2.3"


class Rate(NamedTuple):
    """Logins a second, by the clock; and the processor's time that the server took for each (milliseconds)."""

    a_second: float
    processor: float


class Served:
    """A server in a process. `plans` has a plan for each protocol that it speaks."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = psutil.Process(process.pid)
        self.told: dict[str, str] = json.loads(_output(process).readline())
        self.host = self.told["url"].removeprefix("http://")
        self.plans: dict[str, Plan] = {}

    def speaks(self, protocol: str, key: str = KEY, secret: str = SECRET, **paths: str) -> None:
        """Adds a plan."""
        provider = {"oauth1": "twitter", "oauth2": "google"}[protocol]
        callback = f"http://localhost:5000/auth/{provider}/callback"
        self.plans[protocol] = Plan(protocol, self.host, paths, key, secret, callback)

    @property
    def processor(self) -> float:
        """The processor's time that the server has taken so far (seconds)."""
        times = self._process.cpu_times()
        return times.user + times.system

    @property
    def memory(self) -> int:
        """The memory that it has in use (bytes)."""
        return int(self._process.memory_info().rss)


class Clients:
    """Clients in processes of their own."""

    def __init__(self, processes: list[subprocess.Popen[str]]) -> None:
        self._processes = processes

    def rate(self, server: Served, plan: Plan, count: int) -> Rate:
        """A number of clients follow the plan at once."""
        clients = self._processes[:count]
        for client in clients:
            _say(client, json.dumps(asdict(plan)))
        for client in clients:
            assert _output(client).readline() == "ready\n", "a login was not right"
        before = server.processor
        for client in clients:
            _say(client, "go")
        told = [json.loads(_output(client).readline()) for client in clients]
        taken = server.processor - before
        logins = sum(number for number, _ in told)
        return Rate(sum(number / seconds for number, seconds in told), 1000 * taken / logins)


@contextmanager
def ours() -> Iterator[Served]:
    """The local Google and Twitter, as `start` serves them."""
    with _started(sys.executable, "-m", f"{__package__}.ours") as process:
        server = Served(process)
        server.speaks(
            "oauth2",
            server.told["GOOGLE_KEY"],
            server.told["GOOGLE_SECRET"],
            authorize="/google/o/oauth2/v2/auth",
            token="/google/token",
            me="/google/v1/userinfo",
            keys="/google/oauth2/v3/certs",
        )
        server.speaks(
            "oauth1",
            server.told["TWITTER_KEY"],
            server.told["TWITTER_SECRET"],
            request_token="/twitter/oauth/request_token",
            authorize="/twitter/oauth/authenticate",
            access_token="/twitter/oauth/access_token",
            me="/twitter/1.1/account/verify_credentials.json",
        )
        yield server


@contextmanager
def bare_authlib() -> Iterator[Served]:
    """Authlib on waitress."""
    with _started(sys.executable, "-m", f"{__package__}.bare_authlib") as process:
        server = Served(process)
        names = ("authorize", "token", "me", "keys")
        server.speaks("oauth2", **{name: f"/oauth2/{name}" for name in names})
        names = ("request_token", "authorize", "access_token", "me")
        server.speaks("oauth1", **{name: f"/oauth1/{name}" for name in names})
        yield server


@contextmanager
def mock_server(folder: Path) -> Iterator[Served | None]:
    """oauth2-mock-server, installed into that folder; None where there is no npm."""
    npm = shutil.which("npm")
    if npm is None:
        yield None
        return
    quietly = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    subprocess.run([npm, "install", *quietly, MOCK], cwd=folder, check=True, timeout=300)
    shutil.copy(HERE / "mock_server.mjs", folder)
    with _started("node", "mock_server.mjs", folder=folder) as process:
        server = Served(process)
        server.speaks("oauth2", authorize="/authorize", token="/token", me="/userinfo", keys="/jwks")
        yield server


@contextmanager
def clients(count: int) -> Iterator[Clients]:
    """A number of clients, which wait for plans."""
    with ExitStack() as started:
        command = (sys.executable, "-m", f"{__package__}.client")
        yield Clients([started.enter_context(_started(*command)) for _ in range(count)])


@contextmanager
def _started(*command: str, folder: Path = ROOT) -> Iterator[subprocess.Popen[str]]:
    """A process for an exchange of lines, which ends with the `with`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _output(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def _say(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
