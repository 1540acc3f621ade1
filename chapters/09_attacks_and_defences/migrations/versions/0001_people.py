"""The table of step 04: one column for each provider."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

COLUMNS = ("twitter_id", "facebook_id")
ANOTHER_APPS = "The table users of this database belongs to another app. Is DATABASE_URL another project's?"


def step_04s(found):
    """True if the table users is the table of step 04. A different app may have a table of that name, too."""
    return {"id", "name", "email", *COLUMNS} <= {column["name"] for column in found.get_columns("users")}


def upgrade():
    found = sa.inspect(op.get_bind())
    if found.has_table("users"):
        if not step_04s(found):
            raise RuntimeError(ANOTHER_APPS)
    else:
        op.create_table(
            "users",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String, nullable=False),
            sa.Column("email", sa.String),
            *(sa.Column(column, sa.String) for column in COLUMNS),
        )
        found = sa.inspect(op.get_bind())
    # In a database of step 04, db.create_all() has made the table. If that app says unique=True without index=True,
    # the rule is a constraint of the table. This migration makes it an index, as in all other databases.
    naming = {"uq": "uq_%(column_0_name)s"}  # SQLite gives such a constraint no name
    for rule in found.get_unique_constraints("users"):
        with op.batch_alter_table("users", naming_convention=naming) as table:
            table.drop_constraint(rule["name"] or f"uq_{rule['column_names'][0]}", type_="unique")
    # In step 04 an index can have any name. Migration 0002 drops the indexes by name, so each index gets the name that
    # it has in all other databases.
    for column in COLUMNS:
        there = [index["name"] for index in found.get_indexes("users") if index["column_names"] == [column]]
        for name in there:
            if name != f"ix_users_{column}":
                op.drop_index(name, "users")
        if f"ix_users_{column}" not in there:
            op.create_index(f"ix_users_{column}", "users", [column], unique=True)


def downgrade():
    if not step_04s(sa.inspect(op.get_bind())):
        raise RuntimeError(ANOTHER_APPS)
    op.drop_table("users")
