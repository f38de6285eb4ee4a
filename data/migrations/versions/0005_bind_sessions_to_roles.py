"""a session ends when its account gets another role

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('sign_in_sessions', sa.Column('role', sa.String(length=20), nullable=False, server_default=''))
    op.execute('UPDATE sign_in_sessions SET role = '
               '(SELECT role FROM accounts WHERE accounts.id = sign_in_sessions.account_id)')
    with op.batch_alter_table('sign_in_sessions', schema=None) as batch_op:
        batch_op.alter_column('role', existing_type=sa.String(length=20), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('sign_in_sessions', schema=None) as batch_op:
        batch_op.drop_column('role')
