"""take applications, keep documents, review access

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

import data.models.base
from data.append_only import protect, unprotect


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

PROTECTED = ('application_acts', 'destructions', 'handovers')


def upgrade() -> None:
    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('restored_at', data.models.base.UtcDateTime(timezone=True), nullable=True))

    op.create_table('applications',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('username', sa.String(length=40), nullable=False),
    sa.Column('staff_no', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('title', sa.String(length=40), nullable=False),
    sa.Column('email', sa.String(length=120), nullable=False),
    sa.Column('phone', sa.String(length=40), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('to_unit_id', sa.Integer(), nullable=True),
    sa.Column('items', sa.JSON(), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('submitted_at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('email_confirmed_at', data.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('follow_hash', sa.String(length=64), nullable=True),
    sa.Column('address', sa.String(length=60), nullable=False),
    sa.Column('closed_at', data.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_applications_account_id')),
    sa.ForeignKeyConstraint(['to_unit_id'], ['units.id'], name=op.f('fk_applications_to_unit_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_applications_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_applications')),
    sa.UniqueConstraint('follow_hash', name=op.f('uq_applications_follow_hash')),
    sa.UniqueConstraint('number', name=op.f('uq_applications_number'))
    )
    with op.batch_alter_table('applications', schema=None) as batch_op:
        batch_op.create_index('ix_applications_account_id_state', ['account_id', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_applications_staff_no'), ['staff_no'], unique=False)
        batch_op.create_index('ix_applications_unit_id_state', ['unit_id', 'state'], unique=False)

    op.create_table('handovers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('from_id', sa.Integer(), nullable=False),
    sa.Column('to_id', sa.Integer(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('documents', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['accounts.id'], name=op.f('fk_handovers_by_id')),
    sa.ForeignKeyConstraint(['from_id'], ['accounts.id'], name=op.f('fk_handovers_from_id')),
    sa.ForeignKeyConstraint(['to_id'], ['accounts.id'], name=op.f('fk_handovers_to_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_handovers'))
    )
    op.create_table('personnel_changes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.Column('source', sa.String(length=10), nullable=False),
    sa.Column('recorded_at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Integer(), nullable=True),
    sa.Column('settled_at', data.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('settled_how', sa.String(length=12), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_personnel_changes_account_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['accounts.id'], name=op.f('fk_personnel_changes_recorded_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_personnel_changes')),
    sa.UniqueConstraint('account_id', 'effective_on', 'kind', name=op.f('uq_personnel_changes_account_id_effective_on_kind'))
    )
    with op.batch_alter_table('personnel_changes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_personnel_changes_account_id'), ['account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_personnel_changes_effective_on'), ['effective_on'], unique=False)

    op.create_table('review_campaigns',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('agency_id', sa.Integer(), nullable=False),
    sa.Column('opened_at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('opened_by', sa.Integer(), nullable=True),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('closed_at', data.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('closed_by', sa.Integer(), nullable=True),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('record', sa.JSON(), nullable=True),
    sa.ForeignKeyConstraint(['agency_id'], ['agencies.id'], name=op.f('fk_review_campaigns_agency_id')),
    sa.ForeignKeyConstraint(['closed_by'], ['accounts.id'], name=op.f('fk_review_campaigns_closed_by')),
    sa.ForeignKeyConstraint(['opened_by'], ['accounts.id'], name=op.f('fk_review_campaigns_opened_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review_campaigns'))
    )
    with op.batch_alter_table('review_campaigns', schema=None) as batch_op:
        batch_op.create_index('ix_review_campaigns_agency_id_opened_at', ['agency_id', 'opened_at'], unique=False)

    op.create_table('application_acts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('application_id', sa.Integer(), nullable=False),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('act', sa.String(length=12), nullable=False),
    sa.Column('at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('actor_name', sa.String(length=60), nullable=False),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('on_paper', sa.Boolean(), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('letter_no', sa.String(length=60), nullable=False),
    sa.Column('letter_date', sa.Date(), nullable=True),
    sa.Column('channel', sa.String(length=10), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_application_acts_account_id')),
    sa.ForeignKeyConstraint(['application_id'], ['applications.id'], name=op.f('fk_application_acts_application_id')),
    sa.ForeignKeyConstraint(['decided_by'], ['accounts.id'], name=op.f('fk_application_acts_decided_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_application_acts'))
    )
    with op.batch_alter_table('application_acts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_application_acts_application_id'), ['application_id'], unique=False)

    op.create_table('kept_documents',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('application_id', sa.Integer(), nullable=True),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('file_name', sa.String(length=120), nullable=False),
    sa.Column('media_type', sa.String(length=80), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('signed', sa.Boolean(), nullable=False),
    sa.Column('letter_no', sa.String(length=60), nullable=False),
    sa.Column('letter_date', sa.Date(), nullable=True),
    sa.Column('stored_at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('stored_by', sa.Integer(), nullable=True),
    sa.Column('custodian_id', sa.Integer(), nullable=True),
    sa.Column('destroyed_at', data.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_kept_documents_account_id')),
    sa.ForeignKeyConstraint(['application_id'], ['applications.id'], name=op.f('fk_kept_documents_application_id')),
    sa.ForeignKeyConstraint(['custodian_id'], ['accounts.id'], name=op.f('fk_kept_documents_custodian_id')),
    sa.ForeignKeyConstraint(['stored_by'], ['accounts.id'], name=op.f('fk_kept_documents_stored_by')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_kept_documents_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kept_documents'))
    )
    with op.batch_alter_table('kept_documents', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_kept_documents_account_id'), ['account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_kept_documents_application_id'), ['application_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_kept_documents_custodian_id'), ['custodian_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_kept_documents_unit_id'), ['unit_id'], unique=False)

    op.create_table('review_lines',
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('seen', sa.JSON(), nullable=False),
    sa.Column('suggested', sa.String(length=10), nullable=False),
    sa.Column('because', sa.String(length=200), nullable=False),
    sa.Column('prepared', sa.String(length=10), nullable=False),
    sa.Column('prepared_items', sa.JSON(), nullable=True),
    sa.Column('prepared_note', sa.String(length=200), nullable=False),
    sa.Column('prepared_at', data.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('prepared_by', sa.Integer(), nullable=True),
    sa.Column('decided', sa.String(length=10), nullable=False),
    sa.Column('decided_items', sa.JSON(), nullable=True),
    sa.Column('decided_note', sa.String(length=200), nullable=False),
    sa.Column('decided_at', data.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('outcome', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_review_lines_account_id')),
    sa.ForeignKeyConstraint(['campaign_id'], ['review_campaigns.id'], name=op.f('fk_review_lines_campaign_id')),
    sa.ForeignKeyConstraint(['decided_by'], ['accounts.id'], name=op.f('fk_review_lines_decided_by')),
    sa.ForeignKeyConstraint(['prepared_by'], ['accounts.id'], name=op.f('fk_review_lines_prepared_by')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_review_lines_unit_id')),
    sa.PrimaryKeyConstraint('campaign_id', 'account_id', name=op.f('pk_review_lines'))
    )
    op.create_table('destructions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('document_id', sa.Integer(), nullable=False),
    sa.Column('act', sa.String(length=12), nullable=False),
    sa.Column('at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_destructions_account_id')),
    sa.ForeignKeyConstraint(['document_id'], ['kept_documents.id'], name=op.f('fk_destructions_document_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_destructions'))
    )
    with op.batch_alter_table('destructions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_destructions_document_id'), ['document_id'], unique=False)

    op.create_table('document_contents',
    sa.Column('document_id', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['document_id'], ['kept_documents.id'], name=op.f('fk_document_contents_document_id')),
    sa.PrimaryKeyConstraint('document_id', name=op.f('pk_document_contents'))
    )

    for table in PROTECTED:
        protect(op.get_bind(), table)


def downgrade() -> None:
    for table in PROTECTED:
        unprotect(op.get_bind(), table)
    op.drop_table('document_contents')
    with op.batch_alter_table('destructions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_destructions_document_id'))

    op.drop_table('destructions')
    op.drop_table('review_lines')
    with op.batch_alter_table('kept_documents', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_kept_documents_unit_id'))
        batch_op.drop_index(batch_op.f('ix_kept_documents_custodian_id'))
        batch_op.drop_index(batch_op.f('ix_kept_documents_application_id'))
        batch_op.drop_index(batch_op.f('ix_kept_documents_account_id'))

    op.drop_table('kept_documents')
    with op.batch_alter_table('application_acts', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_application_acts_application_id'))

    op.drop_table('application_acts')
    with op.batch_alter_table('review_campaigns', schema=None) as batch_op:
        batch_op.drop_index('ix_review_campaigns_agency_id_opened_at')

    op.drop_table('review_campaigns')
    with op.batch_alter_table('personnel_changes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_personnel_changes_effective_on'))
        batch_op.drop_index(batch_op.f('ix_personnel_changes_account_id'))

    op.drop_table('personnel_changes')
    op.drop_table('handovers')
    with op.batch_alter_table('applications', schema=None) as batch_op:
        batch_op.drop_index('ix_applications_unit_id_state')
        batch_op.drop_index(batch_op.f('ix_applications_staff_no'))
        batch_op.drop_index('ix_applications_account_id_state')

    op.drop_table('applications')
    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.drop_column('restored_at')
