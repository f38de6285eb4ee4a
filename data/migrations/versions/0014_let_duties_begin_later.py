"""let a duty begin later than it is given

Revision: 0014, after 0012
"""

import sqlalchemy as sa
from alembic import op

import data.models.base


revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Duties of before began when they were given, which stands in the row already.
    op.add_column('account_duties', sa.Column('starts_at', data.models.base.UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('account_duties', 'starts_at')
