"""Benchmarks run where they are asked for, `pytest tests/benchmarks` or `-m slow`, and tell how they compare."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
# The measure of the others: what everybody knows, the test of a small Flask app by hand.
MEASURE = "a_cold_pytest_of_a_flask_app_in_one_file"


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leaves them out of a run of everything: they take their time, and mean nothing where all cores are busy."""
    named = (Path(argument.partition("::")[0]).resolve() for argument in config.args)
    asked = config.option.markexpr == "slow" or any(HERE in (path, *path.parents) for path in named)
    return None if asked else True


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Says how each median compares with that of the measure."""
    session = getattr(config, "_benchmarksession", None)
    medians = {
        b.name.removeprefix("test_"): b.stats.median for b in getattr(session, "benchmarks", ()) if b.stats
    }
    measure = medians.get(MEASURE)
    if measure:
        terminalreporter.section("medians, and their ratios to a cold pytest of a Flask app in one file")
        for name, median in medians.items():
            terminalreporter.write_line(
                f"{name.replace('_', ' '):<46} {median:6.2f} s {median / measure:6.2f}"
            )
