"""Two columns for the email address that a provider sends, and whether the provider has verified it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade():
    op.add_column("identities", sa.Column("email", sa.String))
    op.add_column("identities", sa.Column("email_verified", sa.Boolean))


def downgrade():
    op.drop_column("identities", "email_verified")
    op.drop_column("identities", "email")
