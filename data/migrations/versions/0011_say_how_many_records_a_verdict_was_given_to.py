"""say of a verdict how many records it was given to at once

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op


revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Verdicts are only added to: those of before are not touched, and 0 says that it was not kept then.
    op.add_column('verdicts', sa.Column('together', sa.Integer(), server_default='0', nullable=False))


def downgrade() -> None:
    op.drop_column('verdicts', 'together')
