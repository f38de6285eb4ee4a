"""list the records of a unit in the order of time

Revision: 0010, after 0009
"""

from alembic import op


revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

NAME = 'ix_usage_records_unit'


def upgrade() -> None:
    op.create_index(NAME, 'usage_records', ['unit_id', 'occurred_at', 'id'], unique=False)


def downgrade() -> None:
    op.drop_index(NAME, table_name='usage_records')
