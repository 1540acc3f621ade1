"""Draws the tables of an app, as its own models have them."""

from __future__ import annotations

from pathlib import Path

from workbook.flow.entities import to_entity_diagram
from workbook.lab.commands import environment_for, tables
from workbook.lab.databases import Database
from workbook.lab.warm import Warm

# The steps whose chapter shows tables, and the steps whose tables these are.
SHOWN = {"05_one_user_many_identities": ("04_users_in_a_database", "05_one_user_many_identities")}


def entity_diagram(folder: Path, warm: Warm) -> str:
    """The tables of the app in a step's folder, as Mermaid's text; AppFailed where the app cannot be loaded."""
    with Database() as database:
        return to_entity_diagram(
            tables(folder, warm, environment_for(database)), f"The tables of step {folder.name[:2]}"
        )
