"""What a notebook uses: the step's app in WORKBOOK_IN, people who visit it, what was said, and the verdicts."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook.course.errors import WorkbookError
from workbook.course.places import DEFAULT_FOLDER, ROOT
from workbook.course.steps import find_step
from workbook.exercises.recorded import SEED, record
from workbook.exercises.tables import entity_diagram
from workbook.flow.drawn import arrows
from workbook.flow.mermaid import to_mermaid
from workbook.flow.messages import Message
from workbook.flow.parameters import explain
from workbook.lab.browser import NoAnswer
from workbook.lab.site import Site
from workbook.lab.visits import SOMEBODY, NotAsked, sign_in
from workbook.lab.warm_apps import warm_for_apps

from .row_table import RowTable
from .verdicts import Verdicts
from .warm_checks import WarmChecks


@dataclass(frozen=True)
class Drawing:
    """A diagram as a notebook shows it: a picture for the eye, and Mermaid as text, which tests compare."""

    text: str

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        from workbook.flow.pictures import PicturesUnavailable, png_width, to_png

        try:
            png = to_png(self.text)
        except PicturesUnavailable:
            return {"text/plain": self.text}, {}
        return {"image/png": png, "text/plain": self.text}, {
            "image/png": {"width": png_width(self.text) // 2}
        }


class Lesson:
    """One step's app, at work for a notebook. It ends with the notebook's kernel.

    `site` is the app beside its own local providers. The environment variable WORKBOOK_IN names the folder of step
    folders that the app is taken from. Without WORKBOOK_IN it is the solutions, or chapters in a student's copy.
    `place` is the app's own folder. `warm` is for commands.
    """

    def __init__(self, step: str) -> None:
        self.step = find_step(step)
        self.folder = (ROOT / os.environ.get("WORKBOOK_IN", DEFAULT_FOLDER)).resolve()
        if not (self.folder / self.step.name).is_dir():
            raise WorkbookError(f"WORKBOOK_IN: there is no folder {self.folder / self.step.name}.")
        self.place = self.folder / self.step.name
        self._opened = ExitStack()
        atexit.register(self._opened.close)
        self.warm = self._opened.enter_context(warm_for_apps())
        self._verdicts: Verdicts | None = None
        self._site: Site | None = None
        self._heard = 0

    @property
    def site(self) -> Site:
        """The app, running."""
        if self._site is None:
            self._site = self._opened.enter_context(Site(self.place, self.warm, seed=SEED))
        return self._site

    def said(self) -> tuple[Message, ...]:
        """What was said since this was asked last."""
        every = self.site.messages()
        since, self._heard = self._heard, len(every)
        return every[since:]

    def draw(self, name: str) -> Drawing:
        """One of the step's flows, recorded now."""
        return Drawing(to_mermaid(record(self.step, self.folder, name, self.warm)))

    def draw_tables(self) -> Drawing:
        """The tables of the step's app, as its models have them."""
        return Drawing(entity_diagram(self.place, self.warm))

    def show_rows(self, query: str, caption: str = "") -> None:
        """Shows what a query finds in the app's database, as a table; or what the database says against the query."""
        from IPython.display import display
        from sqlalchemy.exc import DatabaseError

        try:
            rows = self.site.database.rows(query)
        except DatabaseError as error:
            print(error.orig)
        else:
            display(RowTable.of_dicts(rows, caption))  # type: ignore[no-untyped-call]

    def site_of(self, folder: Path) -> Site:
        """Another app, that of a folder, beside local providers of its own."""
        return self._opened.enter_context(Site(folder, self.warm, seed=SEED))

    def sign_in(self, who: str = SOMEBODY, start: str = "/login") -> tuple[Message, ...]:
        """One person signs in, beginning at an address of the app; gives what was said meanwhile, also where that
        did not lead to the end."""
        before = len(self.site.messages())
        try:
            sign_in(self.site.browser(), who, start=start)
        except (NotAsked, NoAnswer) as error:
            print(f"The login came to no end: {error}.")
        return self.site.messages()[before:]

    def take_apart(self, messages: Iterable[Message]) -> None:
        """Prints what messages carry: each parameter, its value, by name where it changes, and what it is for."""
        for arrow in arrows(messages, among=self.site.messages()):
            print(f"{arrow.sender} → {arrow.receiver}: {arrow.title}")
            for name, value in arrow.details:
                print(f"  {name} = {value}")
                explanation = explain(name, value)
                if explanation:
                    print(f"      {explanation.sentence} ({explanation.source})")
            print()

    def attack(self, name: str) -> None:
        """Carries an attack out against the step's app, and says what came of it."""
        from workbook.attacks.carrying_out import carry_out
        from workbook.attacks.registry import attacks

        (attempt,) = carry_out([attacks()[name]], self.place, self.warm)
        print(f"{name}, {attempt.outcome.result}: {attempt.outcome.because}")

    def verdict(self, exercise: str) -> None:
        """Says whether an exercise is passed, and why not."""
        if self._verdicts is None:
            with WarmChecks(self.warm) as checks:
                self._verdicts = checks.run(self.step, self.folder)
        verdict = next(verdict for verdict in self._verdicts.all if verdict.id == exercise)
        print(f"{verdict.id} {verdict.title}: {'passed' if verdict.passed else 'not passed'}")
        if not verdict.passed:
            print(verdict.message)
