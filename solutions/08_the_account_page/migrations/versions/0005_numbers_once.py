"""No number is given to two users, one after the other."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade():
    rebuild(sqlite_autoincrement=True)


def downgrade():
    rebuild()


def rebuild(**options):
    """Only SQLite has to be told, and only a new table can be: the old one's rows move over."""
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("users", recreate="always", table_kwargs=options):
            pass
