"""What changed in the tables of a database between two looks, as messages from the app to the database.

The lab looks into the database from outside. It sees which rows changed, and neither the statements nor what the app
only read. Nobody sees the order inside one look. Here new rows come first, then changed rows, then rows that are gone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from .messages import APP, DATABASE, Message

# A row's values by the names of their columns. A value is text; None is NULL.
Row = Mapping[str, "str | None"]
# The rows of each table by the values of their primary keys. Each table comes after those that it refers to.
Tables = Mapping[str, Mapping["tuple[str, ...]", Row]]

# So begins a value that is no text, but bytes. Their digest follows.
BYTES = "bytes, SHA-256 "
# A primary key with more characters is a random string, which says nothing to a reader.
_LONGEST_KEY = 20


@dataclass(frozen=True)
class Change:
    """One row that is new (`before` is None), changed, or gone (`after` is None)."""

    table: str
    key: tuple[str, ...]
    before: Row | None
    after: Row | None

    @property
    def title(self) -> str:
        """What happened: "users gets row 1". A row with a random key is "a row"."""
        random = any(len(part) > _LONGEST_KEY for part in self.key)
        row = "a row" if random else f"row {', '.join(self.key)}"
        if self.before is None:
            return f"{self.table} gets {row}"
        return f"{self.table} loses {row}" if self.after is None else f"{row} of {self.table} changes"

    @property
    def columns(self) -> tuple[tuple[str, tuple[str | None, ...]], ...]:
        """What the row has in each column, or had. Of a changed row, the columns that changed, with both values."""
        if self.before is not None and self.after is not None:
            both = ((name, (self.before.get(name), value)) for name, value in self.after.items())
            return tuple((name, (old, new)) for name, (old, new) in both if old != new)
        return tuple((name, (value,)) for name, value in (self.after or self.before or {}).items())


def changes(before: Tables, after: Tables) -> tuple[Change, ...]:
    """What differs between two looks."""
    every = [
        Change(table, key, old.get(key), new.get(key))
        for table in (*before, *(table for table in after if table not in before))
        for old, new in [(before.get(table, {}), after.get(table, {}))]
        for key in (*old, *(key for key in new if key not in old))
        if old.get(key) != new.get(key)
    ]
    gone = [change for change in every if change.after is None]
    return (
        *(change for change in every if change.before is None),
        *(change for change in every if change.before is not None and change.after is not None),
        *reversed(gone),
    )


def as_message(change: Change, time: float) -> Message:
    """A change as a message from the app to its database, which the lab saw at that time (as Message has it)."""
    return Message(APP, DATABASE, time, method="", url="", body=json.dumps(asdict(change)))


def of_message(message: Message) -> Change:
    """The change that as_message was given."""
    data = json.loads(message.body)
    return Change(data["table"], tuple(data["key"]), data["before"], data["after"])
