"""let a package take the place of the one before it, and keep the hash of its ZIP

Revision: 0013, after 0012
"""

import sqlalchemy as sa
from alembic import op

from data.append_only import protect, unprotect


revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

TABLE = 'audit_packages'


def upgrade() -> None:
    # No stored row is touched: what was sent before was the first package, and its ZIP was not hashed then.
    # SQLite makes the table anew to change a constraint, and its triggers go with the old one.
    unprotect(op.get_bind(), TABLE)
    with op.batch_alter_table(TABLE, schema=None) as batch_op:
        batch_op.add_column(sa.Column('number', sa.Integer(), server_default='1', nullable=False))
        batch_op.add_column(sa.Column('correction', sa.String(length=10), server_default='', nullable=False))
        batch_op.add_column(sa.Column('asked_by', sa.String(length=60), server_default='', nullable=False))
        batch_op.add_column(sa.Column('reason', sa.String(length=300), server_default='', nullable=False))
        batch_op.add_column(sa.Column('zip_sha256', sa.String(length=64), server_default='', nullable=False))
        batch_op.drop_constraint(batch_op.f('uq_audit_packages_audit_id'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_audit_packages_audit_id_number'), ['audit_id', 'number'])
    protect(op.get_bind(), TABLE)


def downgrade() -> None:
    # Fails, and changes nothing, where a package was corrected: the tables of before have no room for two.
    unprotect(op.get_bind(), TABLE)
    with op.batch_alter_table(TABLE, schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_audit_packages_audit_id_number'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_audit_packages_audit_id'), ['audit_id'])
        for column in ('zip_sha256', 'reason', 'asked_by', 'correction', 'number'):
            batch_op.drop_column(column)
    protect(op.get_bind(), TABLE)
