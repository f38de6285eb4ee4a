"""audit what was imported after a quarter was frozen

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op


revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('audits', schema=None) as batch_op:
        batch_op.add_column(sa.Column('supplements', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_audits_supplements'), 'audits', ['supplements'], ['id'])
        batch_op.create_index(batch_op.f('ix_audits_supplements'), ['supplements'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('audits', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audits_supplements'))
        batch_op.drop_constraint(batch_op.f('fk_audits_supplements'), type_='foreignkey')
        batch_op.drop_column('supplements')
