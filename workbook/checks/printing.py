"""Prints verdicts for people."""

from __future__ import annotations

import sys

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from workbook.flow.compare import stacked

from .many import Checked, open_exercises
from .verdicts import Verdict, Verdicts

_INDENT = " " * 6


class Printer:
    """Writes each verdict as it comes, then their sum."""

    def __init__(self, console: Console | None = None) -> None:
        # pytest's own output is hidden while checks run; these lines are not pytest's.
        self.console = console or Console(file=sys.stdout, highlight=False)
        # By each message of the run: the exercise at which it was printed.
        self._printed: dict[str, str] = {}
        unicode = self.console.encoding.lower().startswith("utf")
        self._signs = (
            {"yes": "✓", "no": "✗", "wait": "·"} if unicode else {"yes": "+", "no": "x", "wait": "."}
        )

    def verdict(self, verdict: Verdict) -> None:
        """Writes one verdict. A sign is for the eye, a word for a screen reader."""
        heading = f"{verdict.id} {verdict.title}"
        if verdict.passed:
            self.console.print(Text(f"  {self._signs['yes']} {heading} (passed)", style="green"))
        elif verdict.waits_for:
            self.console.print(
                Text(f"  {self._signs['wait']} {heading} (waits for {verdict.waits_for})", style="dim")
            )
        else:
            self.console.print(Text(f"  {self._signs['no']} {heading} (not passed)", style="bold red"))
            first = self._printed.setdefault(verdict.message, verdict.id)
            if first == verdict.id:
                self._message(verdict.message)
            else:
                # As if the app does not start: every exercise fails, and for one reason.
                reason = Text(f"The reason is the one at {first}.")
                self.console.print(Padding(reason, (0, 2, 0, len(_INDENT))))

    def _message(self, message: str) -> None:
        words, _, drawing = message.partition("\n\n")
        for line in words.splitlines():
            label, colon, rest = line.partition(": ")
            text = Text.assemble((label + colon, "bold"), rest)
            self.console.print(Padding(text, (0, 2, 0, len(_INDENT))))
        # Two flows, one beside the other, come below a sentence that says where they differ.
        sentence, _, flows = drawing.rpartition("\n\n")
        for line in sentence.splitlines():
            self.console.print(Padding(Text(line), (0, 2, 0, len(_INDENT))))
        widest = max(map(cell_len, flows.splitlines()), default=0)
        if widest + len(_INDENT) > self.console.width:
            flows = stacked(flows)
        if sentence:
            self.console.print()
        for line in flows.splitlines():
            # A drawing must keep its columns, so it is not wrapped.
            self.console.print(Text(_INDENT + line), soft_wrap=True)

    def summary(self, verdicts: Verdicts) -> None:
        """Writes the sum of the verdicts."""
        self.console.print(
            f"{verdicts.passed} of {len(verdicts.all)} exercises passed, {verdicts.points}.",
            style="bold green" if verdicts.all_passed else "bold",
        )
        self._printed.clear()

    def student(self, checked: Checked) -> None:
        """Writes one line for one of many students: the points, and the open exercises."""
        open_ones = [v.id for v in checked.verdicts.all if not v.passed]
        sign = self._signs["no" if open_ones else "yes"]
        self.console.print(
            Text.assemble(
                (f"  {sign} ", "bold red" if open_ones else "green"),
                (f"{checked.folder.name}: ", "bold"),
                str(checked.verdicts.points),
                f", open: {', '.join(open_ones)}" if open_ones else "",
            )
        )

    def students(self, every: list[Checked]) -> None:
        """Writes the sum for many students."""
        whole = sum(one.verdicts.all_passed for one in every)
        self.console.print(f"{whole} of {len(every)} students passed every exercise.", style="bold")
        counts = ", ".join(f"{id} ({count})" for id, count in open_exercises(every)[:5])
        if counts:
            self.console.print(f"Most often open: {counts}.")
