"""Which rows the table `identities` has to accept and to reject, tried out in the database itself."""

from __future__ import annotations

import uuid

from workbook.lab.databases import Database

from .missed import Missed

_UNIQUE = 'UniqueConstraint("provider", "subject") in __table_args__, and the same in the migration'
_CASCADE = 'The foreign key of user_id is ForeignKey("users.id", ondelete="CASCADE")'


def check_tables_and_columns(database: Database, should: str, where: str) -> None:
    """Missed if a table or a column that the chapter names is not there, or has another type.

    `should` says what makes them, `where` is the place to look at.
    """
    from sqlalchemy import Integer, String

    wanted = {
        "users": {"id": Integer, "name": String, "email": String},
        "identities": {"user_id": Integer, "provider": String, "subject": String},
    }
    look = database.look()
    tables = look.get_table_names()
    for table, types in wanted.items():
        if table not in tables:
            raise Missed(
                should=should,
                did=f"there is no table {table}. The tables are: {', '.join(sorted(tables)) or 'none'}.",
                look=where,
            )
        columns = {column["name"]: column for column in look.get_columns(table)}
        for name, type in types.items():
            if name not in columns:
                did = f"{table} has no column {name}. Its columns are: {', '.join(columns)}."
                raise Missed(should=should, did=did, look=where)
            if not isinstance(columns[name]["type"], type):
                raise Missed(
                    should=should,
                    did=f"the column {name} of {table} has the type {columns[name]['type']}.",
                    look=f"{where} A subject is a string, even if it has only digits. user_id is an integer.",
                )


def check_identities_table(database: Database, should: str, where: str) -> None:
    """Missed if the tables are not those of the chapter, accept a wrong row, or reject a right one.

    `should` and `where` are as above. The check writes into the database, which must have no user.
    """
    check_tables_and_columns(database, should, where)
    first, second = _somebody(database, "First"), _somebody(database, "Second")

    def taken(user_id: int, provider: str, subject: str, why: str, look: str) -> None:
        refused = _refused(database, user_id, provider, subject)
        if refused:
            raise Missed(
                should=f"identities accepts {why}.",
                did=f"the database rejected the row: {refused}",
                look=f"{where} {look}",
            )

    def not_taken(
        user_id: int | None, provider: str | None, subject: str | None, why: str, look: str
    ) -> None:
        if not _refused(database, user_id, provider, subject):
            raise Missed(
                should=f"identities rejects {why}.",
                did=f"the database accepted user_id={user_id}, provider={provider!r}, subject={subject!r}.",
                look=f"{where} {look}",
            )

    taken(first, "twitter", "1", "an identity of a user", "Require only these three columns.")
    taken(
        second,
        "facebook",
        "1",
        "the same subject at another provider, which is another identity",
        f"Only provider and subject together are unique, by {_UNIQUE}.",
    )
    taken(
        first,
        "twitter",
        "2",
        "a second account of one user at one provider",
        "Only provider and subject together are unique, not user_id and provider.",
    )
    taken(
        second,
        "google",
        "118223456789012345678",
        "a subject of 21 digits",
        "The column subject is a string of any length.",
    )
    not_taken(second, "twitter", "1", "a pair of provider and subject that another user has", f"{_UNIQUE}.")
    not_taken(first, "twitter", "1", "the same pair of provider and subject twice", f"{_UNIQUE}.")
    not_taken(first + second + 1, "twitter", "3", "an identity of a user who does not exist", f"{_CASCADE}.")
    not_taken(
        None, "twitter", "4", "an identity without a user (user_id NULL)", "user_id has nullable=False."
    )
    not_taken(first, None, "5", "an identity without a provider", "provider has nullable=False.")
    not_taken(first, "twitter", None, "an identity without a subject", "subject has nullable=False.")
    _check_cascade(database, first, second, where)


def _check_cascade(database: Database, first: int, second: int, where: str) -> None:
    from sqlalchemy.exc import DBAPIError

    should = "when a user is deleted, the database deletes the user's identities, and no others."
    look = f"{where} {_CASCADE}."
    try:
        database.change("DELETE FROM users WHERE id = :id", id=first)
    except DBAPIError as error:
        did = f"the database did not delete a user who has identities: {_said(error)}"
        raise Missed(should=should, did=did, look=look) from None
    left = database.rows("SELECT user_id FROM identities ORDER BY subject")
    if [row["user_id"] for row in left] != [second, second]:
        did = f"the users of the identities that are left are {[row['user_id'] for row in left]}, not {[second] * 2}."
        raise Missed(should=should, did=did, look=look)


def insert_identity(
    database: Database, user_id: int | None, provider: str | None, subject: str | None
) -> None:
    """Writes an identity into the table from outside, with a key if the database does not make one by itself, as with a
    UUID that SQLAlchemy would make."""
    from sqlalchemy import Integer

    look = database.look()
    keys = set(look.get_pk_constraint("identities")["constrained_columns"])
    values: dict[str, object] = {"user_id": user_id, "provider": provider, "subject": subject}
    for column in look.get_columns("identities"):
        name, given = column["name"], column.get("default")
        if name in keys - set(values) and given is None and not isinstance(column["type"], Integer):
            values[name] = uuid.uuid4().hex
    names = ", ".join(values)
    database.change(
        f"INSERT INTO identities ({names}) VALUES ({', '.join(f':{name}' for name in values)})", **values
    )


def takes_what_it_is_given(database: Database) -> None:
    """Makes SQLite keep a number in the column subject as a number, so that checks can see it, as on PostgreSQL. In a
    VARCHAR column SQLite makes a string of it (sqlite.org/datatype3.html, section 3)."""
    if database.server is not None:
        return
    with database.engine.begin() as connection:
        version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
        connection.exec_driver_sql("PRAGMA writable_schema = ON")
        connection.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(sql, 'subject VARCHAR', 'subject BLOB') WHERE name = 'identities'"
        )
        connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
        connection.exec_driver_sql("PRAGMA writable_schema = OFF")


def _somebody(database: Database, name: str) -> int:
    database.change("INSERT INTO users (name) VALUES (:name)", name=name)
    return int(database.rows("SELECT id FROM users WHERE name = :name", name=name)[0]["id"])


def _refused(
    database: Database, user_id: int | None, provider: str | None, subject: str | None
) -> str | None:
    """Tries to write a row, and gives the database's error, or None if it accepts the row."""
    from sqlalchemy.exc import DBAPIError

    try:
        insert_identity(database, user_id, provider, subject)
    except DBAPIError as error:
        return _said(error)
    return None


def _said(error: Exception) -> str:
    """The database's own message, in one line."""
    return " ".join(str(getattr(error, "orig", error)).split())
