"""Verdicts in terminals of every kind: narrow, without colours, without Unicode, read aloud."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from workbook.checks.printing import Printer
from workbook.checks.verdicts import Verdict
from workbook.exercises.missed import Missed
from workbook.flow.messages import Flow


def a_failure() -> Verdict:
    """The verdict of a check whose app sent nothing at all."""
    missed = Missed(
        should="a login.",
        did="nothing.",
        look="app.py, line 3.",
        flow=Flow("", (), ()),
        expected="01_twitter_login.sign_in",
    )
    return Verdict("1.3", "Exchange the token", 2, False, None, str(missed), 0.1)


def printed(width: int, verdict: Verdict, **options: object) -> str:
    to = io.StringIO()
    Printer(Console(file=to, width=width, highlight=False, **options)).verdict(verdict)  # type: ignore[arg-type]
    return to.getvalue()


@pytest.mark.parametrize("width", [60, 120, 200])
def test_two_flows_never_run_over_the_edge(width: int) -> None:
    said = printed(width, a_failure())
    assert max(map(cell_len, said.splitlines())) <= max(width, 80)
    beside = any("Expected" in line and "Yours" in line for line in said.splitlines())
    assert beside == (width >= 120)
    assert "Expected" in said and "Yours" in said


def test_a_sign_has_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    passed = Verdict("1.1", "Register", 2, True, None, "", 0.1)
    waiting = Verdict("1.4", "Say no", 2, False, "1.3", "", 0.0)
    assert "1.1 Register (passed)" in printed(80, passed)
    assert "1.4 Say no (waits for 1.3)" in printed(80, waiting)
    assert "1.3 Exchange the token (not passed)" in printed(80, a_failure())


def test_no_colour_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" in printed(80, a_failure(), force_terminal=True, color_system="standard")
    monkeypatch.setenv("NO_COLOR", "1")
    said = printed(80, a_failure(), force_terminal=True, color_system="standard")
    assert "\x1b[3" not in said and "\x1b[1;3" not in said
