"""Runs the migrations. `flask db upgrade` runs this file."""

from logging.config import fileConfig

from alembic import context
from flask import current_app
from sqlalchemy import event

migrate = current_app.extensions["migrate"]
options = {"target_metadata": migrate.db.metadata, **migrate.configure_args}
fileConfig(context.config.config_file_name, disable_existing_loggers=False)

with migrate.db.engine.connect() as connection:
    if connection.dialect.name == "sqlite":
        connection.detach()  # the settings below are for the migrations alone: the app never gets this connection
        sqlite = connection.connection.dbapi_connection
        # On SQLite, many changes need a new table, and Alembic drops the old one. With foreign keys on, the drop could
        # delete rows that refer to the old table, so foreign keys are off here (sqlite.org/lang_altertable.html).
        sqlite.execute("PRAGMA foreign_keys = OFF")
        # Python's sqlite3 begins a transaction before an INSERT, and not before a CREATE TABLE. Now it begins none.
        sqlite.isolation_level = None
        event.listen(connection, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        options["transactional_ddl"] = True
    context.configure(connection=connection, **options)
    with context.begin_transaction():
        context.run_migrations()
