"""A message with both flows: what changed in the database is in the recorded one alone, so it is left out."""

from __future__ import annotations

import pytest

from workbook.course.places import DIAGRAMS
from workbook.exercises.missed import Missed
from workbook.flow.messages import APP, BROWSER, Flow, Message


@pytest.mark.parametrize("name", ["04_users_in_a_database.two_ways_in", "08_the_account_page.refused"])
def test_no_row_of_the_database_is_expected(name: str) -> None:
    assert "app->>database" in (DIAGRAMS / f"{name}.mmd").read_text(encoding="utf-8")
    url = "http://localhost:5000/login/twitter"
    asked, failed = Message(BROWSER, APP, 0.0, "GET", url), Message(APP, BROWSER, 1.0, "GET", url, 500)
    message = str(Missed(should="", did="", look="", flow=Flow("", (asked, failed)), expected=name))
    assert "Expected" in message and "500 Internal Server Error" in message
    assert "database" not in message.lower()
