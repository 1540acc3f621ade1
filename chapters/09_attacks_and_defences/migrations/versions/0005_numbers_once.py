"""No new user gets the ID of a deleted user."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade():
    rebuild(sqlite_autoincrement=True)


def downgrade():
    rebuild()


def rebuild(**options):
    """Only SQLite needs this, and only for a new table. So Alembic makes one, and moves the rows of the old table."""
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("users", recreate="always", table_kwargs=options):
            pass
