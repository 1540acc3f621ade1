"""How long it takes from a save to the verdicts in the page. No figure fails a test."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

import pytest
from playwright.sync_api import Page

from workbook.course.places import SOLUTIONS
from workbook.course.starters import source_files, write_starter
from workbook.course.steps import Step, all_steps, find_step

from ..web.browsing import chromium
from ..web.starting import started
from .conftest import Figures
from .test_speed import ONE_FILE, python

pytestmark = [pytest.mark.slow, pytest.mark.browser]

STEPS = sorted({"01", "03", "06", "08", all_steps()[-1].number})
SECTION = "from a save to the verdicts in the page, to a cold pytest"
HEADING = ("", "first (s)", "all (s)", "first", "all")
ROUNDS = 3

# The time, by the clock that Python has, too, at which the state of each exercise changed last from "being checked".
WATCH = """
window.told = {};
new MutationObserver((changes) => {
  const now = performance.timeOrigin + performance.now();
  for (const {target: {dataset}, oldValue} of changes) {
    if (dataset.kind !== "checking" && dataset.kind !== oldValue) window.told[dataset.exercise] = now;
  }
}).observe(
  document.getElementById("verdicts"), {subtree: true, attributeFilter: ["data-kind"], attributeOldValue: true},
);
"""


def starter(step: Step, folder: Path) -> Path:
    """The starter: its first exercise is open."""
    write_starter(SOLUTIONS / step.name, folder / step.name)
    return folder


def almost_done(step: Step, folder: Path) -> Path:
    """The solution, in which all is passed: a save has every check to run."""
    for file in source_files(SOLUTIONS / step.name):
        copy = folder / step.name / file.relative_to(SOLUTIONS / step.name)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    return folder


def settled(page: Page) -> None:
    """Waits until no exercise is being checked."""
    page.wait_for_function(
        "!document.querySelector('#checking').textContent"
        " && !document.querySelector('#verdicts [data-kind=checking], #verdicts [data-kind=unknown]')"
    )


def save(page: Page, file: Path, number: int, exercises: int) -> tuple[float, float]:
    """Saves, and gives the time of the first and of the last new state, in seconds from the save."""
    page.evaluate("window.told = {}")
    text = file.read_text(encoding="utf-8")
    begun = time.time()
    file.write_text(f"{text}# {number}\n", encoding="utf-8")
    page.wait_for_function(f"Object.keys(window.told).length === {exercises}")
    settled(page)
    told = page.evaluate("Object.values(window.told)")
    return min(told) / 1000 - begun, max(told) / 1000 - begun


@pytest.mark.parametrize("number", STEPS)
@pytest.mark.parametrize("state", [starter, almost_done], ids=["starter", "solution"])
def test_from_a_save_to_the_page(number: str, state: object, figures: Figures, tmp_path: Path) -> None:
    step = find_step(number)
    assert callable(state)
    work = state(step, tmp_path / "work")
    file = next(file for file in source_files(work / step.name) if file.suffix == ".py")
    (tmp_path / "test_app.py").write_text(ONE_FILE)
    measures, times = [], []
    with started(Path.cwd(), number, "--in", str(work)) as start, chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900}, bypass_csp=True)
        page.set_default_timeout(180_000)
        page.goto(start.page)
        settled(page)
        page.evaluate(WATCH)
        for round_number in range(ROUNDS):
            begun = time.monotonic()
            python("-m", "pytest", "-q", "test_app.py", cwd=tmp_path)
            measures.append(time.monotonic() - begun)
            times.append(save(page, file, round_number, len(step.exercises)))
    measure = median(measures)
    first, last = (median(values) for values in zip(*times, strict=True))
    name = getattr(state, "__name__", "").replace("_", " ")
    figures.add(
        SECTION, f"step {number}, {name}", first, last, first / measure, last / measure, heading=HEADING
    )
