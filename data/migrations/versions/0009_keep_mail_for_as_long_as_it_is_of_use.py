"""keep mail for as long as it is of use, and say which application it is about

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op

import data.models.base


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('outgoing_mail', schema=None) as batch_op:
        batch_op.add_column(sa.Column('useful_until', data.models.base.UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('application_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_outgoing_mail_application_id'),
                                    'applications', ['application_id'], ['id'])


def downgrade() -> None:
    with op.batch_alter_table('outgoing_mail', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_outgoing_mail_application_id'), type_='foreignkey')
        batch_op.drop_column('application_id')
        batch_op.drop_column('useful_until')
