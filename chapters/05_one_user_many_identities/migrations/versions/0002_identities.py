"""A table for identities: each ID in the providers' columns becomes a row."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    # TODO 5.2: create the table, move every identity, and drop the columns
    pass


def downgrade():
    # TODO 5.3: and back: a column holds one identity of a provider, so keep the oldest
    pass
