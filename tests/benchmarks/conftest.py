"""Benchmarks run on request, `pytest tests/benchmarks` or `-m slow`, and print how they compare."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
# The measure of the times: the usual test of a small Flask app by hand.
MEASURE = "a_cold_pytest_of_a_flask_app_in_one_file"


class Figures:
    """The lines at the end, in sections by their titles."""

    def __init__(self) -> None:
        self.sections: dict[str, list[str]] = {}

    def add(self, section: str, *cells: object, heading: tuple[str, ...] = ()) -> None:
        """Adds a line to a section, which begins with a `heading`. Numbers from ten on have no decimals."""
        lines = self.sections.setdefault(section, [_line(heading)] if heading else [])
        lines.append(_line(cells))


_FIGURES = pytest.StashKey[Figures]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FIGURES] = Figures()


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> Figures:
    return pytestconfig.stash[_FIGURES]


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leaves benchmarks out of a run of everything: they take long, and mean nothing where all cores are busy."""
    named = (Path(argument.partition("::")[0]).resolve() for argument in config.args)
    asked = config.option.markexpr == "slow" or any(HERE in (path, *path.parents) for path in named)
    return None if asked else True


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Prints how each median compares with that of the measure, and the other figures."""
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
    for title, lines in config.stash[_FIGURES].sections.items():
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)


def _line(cells: tuple[object, ...]) -> str:
    first, *others = cells
    return f"{first:<46}" + "".join(f"{_number(cell):>14}" for cell in others)


def _number(cell: object) -> str:
    return f"{cell:.{0 if cell >= 10 else 2}f}" if isinstance(cell, float) else str(cell)
