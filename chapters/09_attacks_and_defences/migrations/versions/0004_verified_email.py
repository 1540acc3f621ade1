"""A column for the verified email address of a user."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def comparable(column):
    """An email address as the app compares it: only A to Z become lower case. SQLite's lower() changes no other
    letter, and PostgreSQL's lower() changes no other letter in the collation C."""
    collation = ' COLLATE "C"' if op.get_bind().dialect.name == "postgresql" else ""
    return f"lower(trim({column}){collation})"


def upgrade():
    op.add_column("users", sa.Column("verified_email", sa.String))
    # For users whose provider has verified the email address already. If two users have the same, the older keeps it.
    # The two users can merge in step 08.
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
