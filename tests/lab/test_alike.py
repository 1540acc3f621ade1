"""Processes that are alike make the same random values, unless the system makes them."""

from __future__ import annotations

import subprocess
import sys

import pytest

SAYS = """
from workbook.lab.alike import Alike, make_alike
make_alike(Alike(1700000000.0, {seed}))
import datetime, os, random, secrets, time, uuid
print({what})
"""
FOLLOWS = (
    "random.random()",
    "random.Random().random()",
    "(random.seed(), random.random())[1]",
    "time.time()",
    "time.time_ns()",
    "datetime.datetime.now()",
    "uuid.uuid1()",
)
BY_THE_SYSTEM = ("secrets.token_urlsafe()", "os.urandom(9)", "uuid.uuid4()", "random.SystemRandom().random()")


def said(what: str, seed: int = 1) -> str:
    program = SAYS.format(what=what, seed=seed)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("what", FOLLOWS)
def test_what_follows_from_the_clock_and_the_seed(what: str) -> None:
    assert said(what) == said(what)


@pytest.mark.parametrize("what", BY_THE_SYSTEM)
def test_what_the_system_gives_is_another_each_time(what: str) -> None:
    assert said(what) != said(what)


def test_another_seed_begins_otherwise() -> None:
    assert said("random.random()") != said("random.random()", seed=2)
