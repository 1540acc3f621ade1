"""Rows in a notebook: a table for the eye, and lines that tests compare."""

from __future__ import annotations

import sqlite3
from xml.etree import ElementTree

from workbook.checks.row_table import RowTable

ROWS = [
    {"id": 1, "name": "Ada Okafor", "email": None},
    {"id": 12, "name": "漢 <b>&", "email": "han@example.org"},
]


def test_as_text_each_column_has_its_width() -> None:
    assert str(RowTable.of_dicts(ROWS, "users")) == (
        "users\n"
        "id | name       | email\n"
        "---+------------+----------------\n"
        "1  | Ada Okafor | NULL\n"
        "12 | 漢 <b>&    | han@example.org"
    )


def test_as_html_it_is_one_table_that_says_the_same() -> None:
    bundle = RowTable.of_dicts(ROWS, "users")._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"} and bundle["text/plain"].startswith("users\nid | name")
    table = ElementTree.fromstring(bundle["text/html"])
    assert table.tag == "table" and table.findtext("caption") == "users"
    assert [head.text for head in table.findall("thead/tr/th")] == ["id", "name", "email"]
    assert {head.attrib["scope"] for head in table.findall("thead/tr/th")} == {"col"}
    cells = [[cell.text for cell in row] for row in table.findall("tbody/tr")]
    assert cells == [["1", "Ada Okafor", "NULL"], ["12", "漢 <b>&", "han@example.org"]]


def test_where_there_is_no_row_it_says_so() -> None:
    nobody = RowTable.of_dicts([], "users")
    assert str(nobody) == "users\n(no rows)"
    assert nobody._repr_mimebundle_()["text/html"] == "<p>users (no rows)</p>"


def test_a_cursor_has_its_columns_by_name() -> None:
    database = sqlite3.connect(":memory:")
    shown = RowTable.of_cursor(database.execute("SELECT 1 AS one, 'a\nb' AS other"))
    database.close()
    assert str(shown) == "one | other\n----+------\n1   | a b"
