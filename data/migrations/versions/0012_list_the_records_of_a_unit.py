"""list the records of a unit in the order of time

Revision: 0012, after 0011
"""

from alembic import op


revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

NAME = 'ix_usage_records_unit'


def upgrade() -> None:
    op.create_index(NAME, 'usage_records', ['unit_id', 'occurred_at', 'id'], unique=False)


def downgrade() -> None:
    op.drop_index(NAME, table_name='usage_records')
