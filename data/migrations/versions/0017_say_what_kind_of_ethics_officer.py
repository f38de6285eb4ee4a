"""say what kind of ethics officer somebody is

Revision: 0017, after 0016
"""

import sqlalchemy as sa
from alembic import op


revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What was given before says nothing of it, and its papers neither.
    op.add_column('account_duties', sa.Column('kind', sa.String(length=12), nullable=False, server_default=''))


def downgrade() -> None:
    op.drop_column('account_duties', 'kind')
