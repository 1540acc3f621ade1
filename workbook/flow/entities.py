"""An entity diagram of an app's tables, as Mermaid's text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Column:
    """A column of a table. `together` are the columns that it is unique with, where it is not unique alone;
    `refers_to` is the table that its foreign key leads to, and `on_delete` what happens when the row there goes."""

    name: str
    type: str
    primary: bool = False
    nullable: bool = True
    unique: bool = False
    together: tuple[str, ...] = ()
    refers_to: str | None = None
    on_delete: str | None = None


@dataclass(frozen=True)
class Table:
    """A table and its columns."""

    name: str
    columns: tuple[Column, ...]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Table:
        """The table that dataclasses.asdict was made of."""
        columns = (Column(**{**column, "together": tuple(column["together"])}) for column in data["columns"])
        return cls(data["name"], tuple(columns))


def to_entity_diagram(tables: Iterable[Table], title: str) -> str:
    """The diagram: a box for each table, a line for each foreign key. The same text for the same tables."""
    tables = tuple(tables)
    lines = ["erDiagram", f"    accTitle: {title}"]
    for table in tables:
        for column in table.columns:
            if column.refers_to:
                rule = f", ON DELETE {column.on_delete}" if column.on_delete else ""
                one, many = "|o" if column.nullable else "||", "o|" if column.unique else "o{"
                lines.append(f'    {column.refers_to} {one}--{many} {table.name} : "{column.name}{rule}"')
    for table in tables:
        lines.append(f"    {table.name} {{")
        lines += [f"        {_attribute(column)}" for column in table.columns]
        lines.append("    }")
    return "\n".join(lines) + "\n"


def _attribute(column: Column) -> str:
    known = {"PK": column.primary, "FK": column.refers_to, "UK": column.unique or column.together}
    keys = ", ".join(key for key, is_one in known.items() if is_one)
    remarks = [f"with {' and '.join(column.together)}"] if column.together else []
    remarks += ["may be NULL"] if column.nullable else []
    comment = f'"{", ".join(remarks)}"' if remarks else ""
    return " ".join(part for part in (column.type.replace(" ", "_"), column.name, keys, comment) if part)
