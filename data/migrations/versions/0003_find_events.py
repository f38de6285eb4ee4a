"""find events by person, kind and object in the order of their time

Revision: 0003, after 0002
"""

from alembic import op


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Indexes only, one by one: a batch would drop and recreate the table of events.
    for name in ('ix_events_type', 'ix_events_account_id', 'ix_events_object'):
        op.drop_index(name, 'events')
    op.create_index('ix_events_object', 'events', ['object_type', 'object_id', 'at', 'id'])
    op.create_index('ix_events_account', 'events', ['account_id', 'at', 'id'])
    op.create_index('ix_events_type', 'events', ['type', 'at', 'id'])


def downgrade() -> None:
    for name in ('ix_events_type', 'ix_events_account', 'ix_events_object'):
        op.drop_index(name, 'events')
    op.create_index('ix_events_object', 'events', ['object_type', 'object_id'])
    op.create_index('ix_events_account_id', 'events', ['account_id'])
    op.create_index('ix_events_type', 'events', ['type'])
