"""The table of step 04: one column for each provider."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    if sa.inspect(op.get_bind()).has_table("users"):
        return  # a database of step 04: its db.create_all() has made the table
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("email", sa.String),
        sa.Column("twitter_id", sa.String),
        sa.Column("facebook_id", sa.String),
    )
    op.create_index("ix_users_twitter_id", "users", ["twitter_id"], unique=True)
    op.create_index("ix_users_facebook_id", "users", ["facebook_id"], unique=True)


def downgrade():
    op.drop_table("users")
