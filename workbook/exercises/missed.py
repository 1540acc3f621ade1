"""The message of an exercise that is not passed: what should happen, what the app did, where to look."""

from __future__ import annotations

from workbook.flow.messages import Flow


class Missed(AssertionError):
    """The app does not do what the exercise asks.

    `should`, `did` and `look` are each a sentence or two. With `flow`, the app's own messages, and `expected`, the name
    of a recorded flow (the file in diagrams/ without its ending), the message ends with both and the first arrow where
    they differ. `subject` is the subject of `did`. If the pattern `meant` matches an error of the app, the check is
    about this error: then `look` replaces the known causes. If the message is `whole`, another error that the app
    raised has nothing to do with it.
    """

    def __init__(
        self,
        *,
        should: str,
        did: str,
        look: str,
        flow: Flow | None = None,
        expected: str | None = None,
        subject: str = "your app did",
        meant: str | None = None,
        whole: bool = False,
    ) -> None:
        self.should = should
        self.did = did
        self.look = look
        self.flow = flow
        self.expected = expected
        self.subject = subject
        self.meant = meant
        self.whole = whole
        super().__init__()

    def __str__(self) -> str:
        parts = [
            f"What should happen: {self.should}",
            f"What {self.subject}: {self.did}",
            f"Where to look: {self.look}",
        ]
        if self.flow is not None and self.expected is not None:
            parts.append(_both_flows(self.flow, self.expected))
        return "\n".join(part for part in parts if part)


# The recorded flow is of the finished step, so it has messages that an early exercise does not make yet.
_EXPECTED = (
    "(Expected is the step when it is done: what later exercises add is there already, and it may begin a message "
    "or two earlier.)"
)


def _both_flows(flow: Flow, expected_name: str) -> str:
    from workbook.flow.compare import compare, side_by_side
    from workbook.flow.drawn import arrows
    from workbook.flow.mermaid import from_mermaid
    from workbook.flow.messages import DATABASE
    from workbook.flow.stored import stored

    # A check does not look into the tables between two messages, so its own flow has no arrow to the database.
    recorded = from_mermaid(stored(expected_name))
    expected, actual = [arrow for arrow in recorded if arrow.receiver != DATABASE], arrows(flow)
    difference = compare(expected, actual, mode="protocol")
    if difference is None:
        return ""
    drawn = side_by_side(expected, actual, difference, width=100)
    return f"\n{difference.sentence}\n{_EXPECTED}\n\n{drawn}"
