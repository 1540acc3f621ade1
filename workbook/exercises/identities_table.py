"""What the table `identities` has to be able to do and to refuse, tried out in the database itself."""

from __future__ import annotations

import uuid

from workbook.lab.databases import Database

from .missed import Missed

_UNIQUE = 'UniqueConstraint("provider", "subject") in __table_args__, and in the migration the same'
_CASCADE = 'The foreign key of user_id: ForeignKey("users.id", ondelete="CASCADE")'


def check_tables_and_columns(database: Database, should: str, where: str) -> None:
    """Missed where a table or a column that the chapter names is not there, or is of another type.

    `should` is what was to make them, `where` the place to look at.
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
                    did=f"the column {name} of {table} is of the type {columns[name]['type']}.",
                    look=f"{where} Subjects are texts, even where they are digits; user_id is a number, as users.id.",
                )


def check_identities_table(database: Database, should: str, where: str) -> None:
    """Missed where the tables are not those of the chapter, or take what they should refuse, or the other way round.

    `should` and `where` are as above. The database is one to try things out in: nobody may be in it.
    """
    check_tables_and_columns(database, should, where)
    first, second = _somebody(database, "First"), _somebody(database, "Second")

    def taken(user_id: int, provider: str, subject: str, why: str, look: str) -> None:
        refused = _refused(database, user_id, provider, subject)
        if refused:
            raise Missed(
                should=f"identities takes {why}.", did=f"it refused: {refused}", look=f"{where} {look}"
            )

    def not_taken(
        user_id: int | None, provider: str | None, subject: str | None, why: str, look: str
    ) -> None:
        if not _refused(database, user_id, provider, subject):
            raise Missed(
                should=f"identities refuses {why}.",
                did=f"it took user_id={user_id}, provider={provider!r}, subject={subject!r}.",
                look=f"{where} {look}",
            )

    taken(first, "twitter", "1", "a way in of somebody", "Only these three columns must be given.")
    taken(
        second,
        "facebook",
        "1",
        "the same subject at another provider: it is somebody else",
        f"Unique are provider and subject together: {_UNIQUE}.",
    )
    taken(
        first,
        "twitter",
        "2",
        "a second account of one person at one provider",
        "Nothing but provider and subject is unique, not user_id and provider either.",
    )
    taken(
        second,
        "google",
        "118223456789012345678",
        "a subject of 21 digits",
        "The column subject is a text of any length.",
    )
    not_taken(second, "twitter", "1", "a pair of provider and subject that is somebody else's", f"{_UNIQUE}.")
    not_taken(first, "twitter", "1", "the same pair of provider and subject twice", f"{_UNIQUE}.")
    not_taken(first + second + 1, "twitter", "3", "an identity of a user who does not exist", f"{_CASCADE}.")
    not_taken(None, "twitter", "4", "an identity of nobody, user_id NULL", "nullable=False.")
    not_taken(first, None, "5", "an identity without a provider", "nullable=False.")
    not_taken(first, "twitter", None, "an identity without a subject", "nullable=False.")
    _check_cascade(database, first, second, where)


def _check_cascade(database: Database, first: int, second: int, where: str) -> None:
    from sqlalchemy.exc import DBAPIError

    should = "when a user is deleted, the database deletes the user's identities, and nobody else's."
    look = f"{where} {_CASCADE}."
    try:
        database.change("DELETE FROM users WHERE id = :id", id=first)
    except DBAPIError as error:
        did = f"it refused to delete a user who has identities: {_said(error)}"
        raise Missed(should=should, did=did, look=look) from None
    left = database.rows("SELECT user_id FROM identities ORDER BY subject")
    if [row["user_id"] for row in left] != [second, second]:
        did = f"the identities that are left are of the users {[row['user_id'] for row in left]}, and not of {second}."
        raise Missed(should=should, did=did, look=look)


def insert_identity(
    database: Database, user_id: int | None, provider: str | None, subject: str | None
) -> None:
    """Writes an identity into the table from outside. A key that the database does not make by itself, such as a UUID
    that SQLAlchemy would make, is made here."""
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
    """On SQLite: lets the column subject keep a number as a number, so that the two are told apart as on PostgreSQL. By
    its type VARCHAR SQLite would make a text of it (sqlite.org/datatype3.html, section 3)."""
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
    """Tries to write a row: what the database says against it, None where it took it."""
    from sqlalchemy.exc import DBAPIError

    try:
        insert_identity(database, user_id, provider, subject)
    except DBAPIError as error:
        return _said(error)
    return None


def _said(error: Exception) -> str:
    """What the database itself says, in one line."""
    return " ".join(str(getattr(error, "orig", error)).split())
