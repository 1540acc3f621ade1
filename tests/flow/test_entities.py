"""Entity diagrams: what they say of tables, and the same picture every time."""

from __future__ import annotations

import re
from dataclasses import asdict

import pytest

from workbook.flow.entities import Column, Table, to_entity_diagram
from workbook.flow.pictures import to_png, to_svg

BOOKS = (
    Table("authors", (Column("id", "INTEGER", primary=True, nullable=False), Column("name", "VARCHAR(80)"))),
    Table(
        "books",
        (
            Column("isbn", "VARCHAR", primary=True, nullable=False),
            Column(
                "author_id",
                "INTEGER",
                nullable=False,
                refers_to="authors",
                on_delete="CASCADE",
                together=("title",),
            ),
            Column("title", "VARCHAR", nullable=False, together=("author_id",)),
            Column("price", "DOUBLE PRECISION", unique=True),
        ),
    ),
)
DRAWN = """erDiagram
    accTitle: Books
    authors ||--o{ books : "author_id, ON DELETE CASCADE"
    authors {
        INTEGER id PK
        VARCHAR(80) name "may be NULL"
    }
    books {
        VARCHAR isbn PK
        INTEGER author_id FK, UK "with title"
        VARCHAR title UK "with author_id"
        DOUBLE_PRECISION price UK "may be NULL"
    }
"""


def test_what_it_says_of_tables() -> None:
    assert to_entity_diagram(BOOKS, "Books") == DRAWN


@pytest.mark.parametrize(
    ("nullable", "unique", "line"),
    [(False, False, "||--o{"), (True, False, "|o--o{"), (False, True, "||--o|"), (True, True, "|o--o|")],
)
def test_how_many_belong_to_one(nullable: bool, unique: bool, line: str) -> None:
    key = Column("one_id", "INTEGER", nullable=nullable, unique=unique, refers_to="ones")
    assert f'    ones {line} others : "one_id"\n' in to_entity_diagram([Table("others", (key,))], "")


def test_it_survives_its_way_between_processes() -> None:
    assert [Table.from_json(asdict(table)) for table in BOOKS] == list(BOOKS)


def test_the_picture_is_the_same_every_time_and_says_what_the_text_says() -> None:
    svg = to_svg(DRAWN)
    assert svg == to_svg(DRAWN)
    assert re.findall(r"<title\b[^>]*>([^<]*)", svg) == ["Books"]
    for word in ("authors", "books", "VARCHAR(80)", "author_id, ON DELETE", "with title", "may be NULL"):
        assert word in svg


def test_a_dark_page_gets_it_dark_and_print_does_not() -> None:
    svg = to_svg(DRAWN)
    own = re.search(r'<svg id="(flow-\w+)"|<svg[^>]* id="(flow-\w+)"', svg)
    assert own
    (rule,) = re.findall(
        r"@media screen and \(prefers-color-scheme: dark\) { #([\w-]+) { filter: invert", svg
    )
    assert rule in own.groups()


def test_as_png_it_is_as_wide_as_a_notebook_has_room() -> None:
    png = to_png(DRAWN)
    assert png.startswith(b"\x89PNG") and int.from_bytes(png[16:20], "big") == 800
