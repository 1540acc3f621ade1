"""A table for identities: each ID in the providers' columns becomes a row."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.create_table(
        "identities",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("provider", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.UniqueConstraint("provider", "subject", name="uq_identities_provider_subject"),
    )
    op.create_index("ix_identities_user_id", "identities", ["user_id"])
    # The query of ways_in.sql.
    op.execute("""
        INSERT INTO identities (user_id, provider, subject)
        SELECT id, 'twitter', twitter_id FROM users WHERE twitter_id IS NOT NULL
        UNION ALL
        SELECT id, 'facebook', facebook_id FROM users WHERE facebook_id IS NOT NULL
    """)
    for column in ("twitter_id", "facebook_id"):
        op.drop_index(f"ix_users_{column}", "users")
        op.drop_column("users", column)


def downgrade():
    for provider in ("twitter", "facebook"):
        column = f"{provider}_id"
        op.add_column("users", sa.Column(column, sa.String))
        op.execute(f"""
            UPDATE users SET {column} = (
                SELECT subject FROM identities
                WHERE user_id = users.id AND provider = '{provider}' ORDER BY id LIMIT 1
            )
        """)
        op.create_index(f"ix_users_{column}", "users", [column], unique=True)
    op.drop_table("identities")
