"""know who signs in and whose events these are

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

import data.models.base


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('outgoing_mail',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('recipient', sa.String(length=120), nullable=False),
    sa.Column('subject', sa.String(length=200), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('created_at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('next_try_at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('sent_at', data.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.String(length=200), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outgoing_mail'))
    )
    with op.batch_alter_table('outgoing_mail', schema=None) as batch_op:
        batch_op.create_index('ix_outgoing_mail_due', ['sent_at', 'next_try_at'], unique=False)

    op.create_table('sign_in_counters',
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('since', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('locked_until', data.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('kind', 'key', name=op.f('pk_sign_in_counters'))
    )
    with op.batch_alter_table('sign_in_counters', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sign_in_counters_since'), ['since'], unique=False)

    op.create_table('external_identities',
    sa.Column('issuer', sa.String(length=200), nullable=False),
    sa.Column('subject', sa.String(length=255), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('bound_at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_external_identities_account_id')),
    sa.PrimaryKeyConstraint('issuer', 'subject', name=op.f('pk_external_identities')),
    sa.UniqueConstraint('account_id', name=op.f('uq_external_identities_account_id'))
    )
    op.create_table('old_passwords',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('password_hash', sa.String(length=100), nullable=False),
    sa.Column('set_at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_old_passwords_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_old_passwords'))
    )
    with op.batch_alter_table('old_passwords', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_old_passwords_account_id'), ['account_id'], unique=False)

    op.create_table('one_time_links',
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('purpose', sa.String(length=20), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('issued_at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('issued_by', sa.Integer(), nullable=True),
    sa.Column('expires_at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('used_at', data.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_one_time_links_account_id')),
    sa.ForeignKeyConstraint(['issued_by'], ['accounts.id'], name=op.f('fk_one_time_links_issued_by')),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_one_time_links'))
    )
    with op.batch_alter_table('one_time_links', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_one_time_links_account_id'), ['account_id'], unique=False)

    op.create_table('recovery_codes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('code_hash', sa.String(length=100), nullable=False),
    sa.Column('used_at', data.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_recovery_codes_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery_codes'))
    )
    with op.batch_alter_table('recovery_codes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_recovery_codes_account_id'), ['account_id'], unique=False)

    op.create_table('second_factors',
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('secret', sa.Text(), nullable=False),
    sa.Column('confirmed_at', data.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('last_step', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_second_factors_account_id')),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_second_factors'))
    )
    # One by one: a batch would drop and recreate the table, which others refer to.
    op.add_column('accounts', sa.Column('password_set_at', data.models.base.UtcDateTime(timezone=True), nullable=True))
    op.add_column('accounts', sa.Column('must_change_password', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute('UPDATE accounts SET password_set_at = created_at')

    with op.batch_alter_table('events', schema=None) as batch_op:
        batch_op.add_column(sa.Column('unit_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('agency_id', sa.Integer(), nullable=True))
        batch_op.create_index('ix_events_agency', ['agency_id', 'at', 'id'], unique=False)

    with op.batch_alter_table('sign_in_sessions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('last_seen_at', data.models.base.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('method', sa.String(length=20), nullable=False, server_default='password'))
    op.execute('UPDATE sign_in_sessions SET last_seen_at = started_at')
    with op.batch_alter_table('sign_in_sessions', schema=None) as batch_op:
        batch_op.alter_column('last_seen_at', existing_type=data.models.base.UtcDateTime(timezone=True), nullable=False)



def downgrade() -> None:
    with op.batch_alter_table('sign_in_sessions', schema=None) as batch_op:
        batch_op.drop_column('method')
        batch_op.drop_column('last_seen_at')

    with op.batch_alter_table('events', schema=None) as batch_op:
        batch_op.drop_index('ix_events_agency')
        batch_op.drop_column('agency_id')
        batch_op.drop_column('unit_id')

    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.drop_column('must_change_password')
        batch_op.drop_column('password_set_at')

    op.drop_table('second_factors')
    with op.batch_alter_table('recovery_codes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_recovery_codes_account_id'))

    op.drop_table('recovery_codes')
    with op.batch_alter_table('one_time_links', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_one_time_links_account_id'))

    op.drop_table('one_time_links')
    with op.batch_alter_table('old_passwords', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_old_passwords_account_id'))

    op.drop_table('old_passwords')
    op.drop_table('external_identities')
    with op.batch_alter_table('sign_in_counters', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sign_in_counters_since'))

    op.drop_table('sign_in_counters')
    with op.batch_alter_table('outgoing_mail', schema=None) as batch_op:
        batch_op.drop_index('ix_outgoing_mail_due')

    op.drop_table('outgoing_mail')
