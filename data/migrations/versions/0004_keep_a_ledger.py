"""keep a ledger, and let the database refuse changes of what is only added to

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

import data.models.base
from data.append_only import protect, unprotect


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

PROTECTED = (
    'usage_records', 'events', 'audit_frames', 'audit_draws', 'sample_items', 'judgement_picks',
    'verdicts', 'signatures', 'reopenings', 'ledger_tiles', 'ledger_checkpoints', 'ledger_timestamps',
)


def upgrade() -> None:
    op.create_table('ledger_tiles',
    sa.Column('level', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('width', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('hashes', sa.LargeBinary(), nullable=False),
    sa.Column('rows', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('level', 'number', 'width', name=op.f('pk_ledger_tiles'))
    )
    op.create_table('ledger_checkpoints',
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('root', sa.String(length=64), nullable=False),
    sa.Column('usage_through', sa.BigInteger(), nullable=False),
    sa.Column('usage_count', sa.BigInteger(), nullable=False),
    sa.Column('event_through', sa.BigInteger(), nullable=False),
    sa.Column('event_count', sa.BigInteger(), nullable=False),
    sa.Column('sealed_at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_ledger_checkpoints')),
    sa.UniqueConstraint('size', name=op.f('uq_ledger_checkpoints_size'))
    )
    op.create_table('ledger_timestamps',
    sa.Column('checkpoint_number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('stamped_at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('answer', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['checkpoint_number'], ['ledger_checkpoints.number'], name=op.f('fk_ledger_timestamps_checkpoint_number')),
    sa.PrimaryKeyConstraint('checkpoint_number', name=op.f('pk_ledger_timestamps'))
    )
    for table in PROTECTED:
        protect(op.get_bind(), table)


def downgrade() -> None:
    for table in PROTECTED:
        unprotect(op.get_bind(), table)
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('DROP FUNCTION refuse_change()')
    op.drop_table('ledger_timestamps')
    op.drop_table('ledger_checkpoints')
    op.drop_table('ledger_tiles')
