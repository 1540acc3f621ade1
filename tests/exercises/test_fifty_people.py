"""The users of step 04, as its finished app leaves them and as a student's copy stores them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbook.exercises import fifty_people
from workbook.exercises.fifty_people import fill, to_store
from workbook.lab.databases import Database
from workbook.lab.warm import Warm


@pytest.mark.parametrize("by_login", [True, False])
def test_what_is_stored_gives_the_same_database(
    warm: Warm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_login: bool
) -> None:
    stored = tmp_path / "users_of_step_04.json"
    with Database() as made, Database() as again:
        people = fill(made, warm, by_login=by_login)
        stored.write_text(json.dumps(to_store(warm)), encoding="utf-8")
        monkeypatch.setattr(fifty_people, "STORED", stored)
        monkeypatch.setattr(fifty_people, "STEP_04", tmp_path / "no_app")
        assert fill(again, warm, by_login=by_login) == people
        assert tables(again) == tables(made)


def tables(database: Database) -> object:
    """All that the database says of its tables."""
    look = database.look()
    return {
        name: (
            [{**column, "type": str(column["type"])} for column in look.get_columns(name)],
            look.get_pk_constraint(name),
            look.get_unique_constraints(name),
            sorted(look.get_indexes(name), key=str),
        )
        for name in look.get_table_names()
    }
