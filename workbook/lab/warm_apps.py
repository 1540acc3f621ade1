"""The warm process that apps are forked from, and the modules that it loads beforehand."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .databases import uses_a_database
from .warm import Warm

# Loaded before the fork. Flask-OAuthlib must not be: it needs workbook.compat, which the app has to import itself.
PRELOAD = (
    "workbook.lab.serve",
    "workbook.flow.recording",
    "flask",
    "flask.cli",
    "requests",
    "requests_oauthlib",
    "oauthlib.oauth1",
    "oauthlib.oauth2",
    "dotenv",
    "cachelib",
    "xml.etree.ElementTree",
    # Flask-OAuthlib and requests load these at the first request.
    *("encodings.unicode_escape", "netrc"),
)

# The same for apps with a database. These modules take as long to load as all of the above, so other apps do without.
PRELOAD_DATABASE = (
    *("flask_login", "flask_migrate", "flask_sqlalchemy", "alembic.autogenerate", "psycopg2"),
    *("flask_wtf", "joserfc.jwt", "joserfc.jwk"),
    # SQLAlchemy loads a dialect when the first table is made, and Flask its plugins when the first command is run.
    *("sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql", "workbook.lab.plugins"),
    # The first connection loads its driver, and the plugins load their commands when an app is made.
    *("sqlite3", "flask_migrate.cli", "flask_sqlalchemy.cli", "workbook.lab.commands"),
)


def warm_for_apps(folders: Iterable[Path] = ()) -> Warm:
    """The warm process that apps are forked from.

    If one of the apps in `folders` has a database, the modules for it are loaded at once, and not at the first start.
    """
    database = any(uses_a_database(folder) for folder in folders)
    return Warm((*PRELOAD, *(PRELOAD_DATABASE if database else ())))
