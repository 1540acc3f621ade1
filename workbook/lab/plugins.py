"""Importing this module makes Flask load the commands of its plugins, such as `flask db`, once for all later forks."""

from __future__ import annotations

from flask.cli import cli

cli._load_plugin_commands()
