"""Which users' addresses are verified."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def comparable(column):
    """An address as the app compares addresses: only A to Z are made small. SQLite's lower() makes no other letter
    small, and PostgreSQL's makes none in the collation C."""
    collation = ' COLLATE "C"' if op.get_bind().dialect.name == "postgresql" else ""
    return f"lower(trim({column}){collation})"


def upgrade():
    op.add_column("users", sa.Column("verified_email", sa.String))
    # For users whose provider has verified it already. Of two users with the same one, the older user keeps it.
    # They can merge in step 08.
    own, told = comparable("users.email"), comparable("identities.email")
    op.execute(f"""
        UPDATE users SET verified_email = {own}
        WHERE id IN (
            SELECT min(users.id) FROM users JOIN identities ON identities.user_id = users.id
            WHERE identities.email_verified AND {told} = {own} AND trim(users.email) <> ''
            GROUP BY {own}
        )
    """)
    op.create_index("ix_users_verified_email", "users", ["verified_email"], unique=True)


def downgrade():
    op.drop_index("ix_users_verified_email", "users")
    op.drop_column("users", "verified_email")
