"""let a person have had another account

Revision: 0016, after 0015
"""

import sqlalchemy as sa
from alembic import op


revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

IN_USE = sa.text("status <> 'cancelled'")


def upgrade() -> None:
    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_accounts_staff_no'), type_='unique')
        batch_op.create_index('ix_accounts_staff_no', ['staff_no'], unique=False)
        batch_op.create_index(
            'uq_accounts_staff_no_in_use', ['staff_no'], unique=True, sqlite_where=IN_USE, postgresql_where=IN_USE
        )


def downgrade() -> None:
    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.drop_index('uq_accounts_staff_no_in_use')
        batch_op.drop_index('ix_accounts_staff_no')
        batch_op.create_unique_constraint(batch_op.f('uq_accounts_staff_no'), ['staff_no'])
