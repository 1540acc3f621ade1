"""A table for identities: what stood in the providers' columns becomes a row for each way in."""

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
