"""Which users' addresses are verified."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade():
    op.add_column("users", sa.Column("verified_email", sa.String))
    # Whose provider has told it already. Where two users have the same address, the older one keeps it: nobody can say
    # which of them it is, and they can be merged in step 08.
    op.execute("""
        UPDATE users SET verified_email = lower(trim(email))
        WHERE id IN (
            SELECT min(users.id) FROM users JOIN identities ON identities.user_id = users.id
            WHERE identities.email_verified AND lower(trim(identities.email)) = lower(trim(users.email))
                AND trim(users.email) <> ''
            GROUP BY lower(trim(users.email))
        )
    """)
    op.create_index("ix_users_verified_email", "users", ["verified_email"], unique=True)


def downgrade():
    op.drop_index("ix_users_verified_email", "users")
    op.drop_column("users", "verified_email")
