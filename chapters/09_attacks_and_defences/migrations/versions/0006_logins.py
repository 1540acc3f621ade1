"""A table of the logins."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade():
    op.create_table(
        "logins",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("identity_id", sa.Integer, sa.ForeignKey("identities.id", ondelete="SET NULL")),
        sa.Column("at", sa.Integer, nullable=False),
    )
    op.create_index("ix_logins_user_id", "logins", ["user_id"])
    op.create_index("ix_logins_identity_id", "logins", ["identity_id"])


def downgrade():
    op.drop_table("logins")
