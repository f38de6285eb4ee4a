"""audit the half-year, keep evidence and incidents

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

import data.models.base
from data.append_only import protect, unprotect


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

PROTECTED = ('audit_acts', 'evidence', 'evidence_withdrawals', 'audit_packages', 'package_parts',
             'incident_steps', 'purges')


def upgrade() -> None:
    op.create_table('purges',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('before', sa.Date(), nullable=False),
    sa.Column('archive', sa.String(length=200), nullable=False),
    sa.Column('archive_sha256', sa.String(length=64), nullable=False),
    sa.Column('records', sa.Integer(), nullable=False),
    sa.Column('audits', sa.Integer(), nullable=False),
    sa.Column('record_ids', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_purges'))
    )
    op.create_table('reminders',
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('task', sa.String(length=80), nullable=False),
    sa.Column('stage', sa.String(length=12), nullable=False),
    sa.Column('sent_at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_reminders_account_id')),
    sa.PrimaryKeyConstraint('account_id', 'task', 'stage', name=op.f('pk_reminders'))
    )
    op.create_table('audit_acts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('audit_id', sa.Integer(), nullable=False),
    sa.Column('act', sa.String(length=12), nullable=False),
    sa.Column('at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('actor_name', sa.String(length=60), nullable=False),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.Column('letter_no', sa.String(length=60), nullable=False),
    sa.Column('letter_date', sa.Date(), nullable=True),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_audit_acts_account_id')),
    sa.ForeignKeyConstraint(['audit_id'], ['audits.id'], name=op.f('fk_audit_acts_audit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_acts'))
    )
    with op.batch_alter_table('audit_acts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_acts_audit_id'), ['audit_id'], unique=False)

    op.create_table('audit_packages',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('audit_id', sa.Integer(), nullable=False),
    sa.Column('sent_at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('sent_by', sa.Integer(), nullable=True),
    sa.Column('letter_no', sa.String(length=60), nullable=False),
    sa.Column('letter_date', sa.Date(), nullable=False),
    sa.Column('manifest', sa.JSON(), nullable=False),
    sa.Column('manifest_sha256', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['audit_id'], ['audits.id'], name=op.f('fk_audit_packages_audit_id')),
    sa.ForeignKeyConstraint(['sent_by'], ['accounts.id'], name=op.f('fk_audit_packages_sent_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_packages')),
    sa.UniqueConstraint('audit_id', name=op.f('uq_audit_packages_audit_id'))
    )
    op.create_table('incidents',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('agency_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('audit_id', sa.Integer(), nullable=True),
    sa.Column('person_key', sa.String(length=80), nullable=False),
    sa.Column('person', sa.String(length=130), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('gravity', sa.String(length=10), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('opened_at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('opened_by', sa.Integer(), nullable=True),
    sa.Column('closed_at', data.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_incidents_account_id')),
    sa.ForeignKeyConstraint(['agency_id'], ['agencies.id'], name=op.f('fk_incidents_agency_id')),
    sa.ForeignKeyConstraint(['audit_id'], ['audits.id'], name=op.f('fk_incidents_audit_id')),
    sa.ForeignKeyConstraint(['opened_by'], ['accounts.id'], name=op.f('fk_incidents_opened_by')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_incidents_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_incidents')),
    sa.UniqueConstraint('audit_id', 'person_key', name=op.f('uq_incidents_audit_id_person_key')),
    sa.UniqueConstraint('number', name=op.f('uq_incidents_number'))
    )
    with op.batch_alter_table('incidents', schema=None) as batch_op:
        batch_op.create_index('ix_incidents_agency_id_status', ['agency_id', 'status'], unique=False)
        batch_op.create_index('ix_incidents_unit_id_status', ['unit_id', 'status'], unique=False)

    op.create_table('record_shares',
    sa.Column('audit_id', sa.Integer(), nullable=False),
    sa.Column('record_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('shared_at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('shared_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_record_shares_account_id')),
    sa.ForeignKeyConstraint(['audit_id'], ['audits.id'], name=op.f('fk_record_shares_audit_id')),
    sa.ForeignKeyConstraint(['shared_by'], ['accounts.id'], name=op.f('fk_record_shares_shared_by')),
    sa.PrimaryKeyConstraint('audit_id', 'record_id', name=op.f('pk_record_shares'))
    )
    op.create_table('evidence',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('audit_id', sa.Integer(), nullable=True),
    sa.Column('record_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('incident_id', sa.Integer(), nullable=True),
    sa.Column('file_name', sa.String(length=120), nullable=False),
    sa.Column('media_type', sa.String(length=80), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('added_at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('added_by', sa.Integer(), nullable=True),
    sa.Column('adder_name', sa.String(length=60), nullable=False),
    sa.ForeignKeyConstraint(['added_by'], ['accounts.id'], name=op.f('fk_evidence_added_by')),
    sa.ForeignKeyConstraint(['audit_id'], ['audits.id'], name=op.f('fk_evidence_audit_id')),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_evidence_incident_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evidence'))
    )
    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_evidence_audit_id'), ['audit_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_evidence_incident_id'), ['incident_id'], unique=False)

    op.create_table('incident_records',
    sa.Column('incident_id', sa.Integer(), nullable=False),
    sa.Column('record_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('gravity', sa.String(length=10), nullable=False),
    sa.Column('added_at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_incident_records_incident_id')),
    sa.PrimaryKeyConstraint('incident_id', 'record_id', name=op.f('pk_incident_records'))
    )
    op.create_table('incident_steps',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('incident_id', sa.Integer(), nullable=False),
    sa.Column('step', sa.String(length=12), nullable=False),
    sa.Column('done_on', sa.Date(), nullable=False),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('letter_no', sa.String(length=60), nullable=False),
    sa.Column('at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('actor_name', sa.String(length=60), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_incident_steps_account_id')),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_incident_steps_incident_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_incident_steps'))
    )
    with op.batch_alter_table('incident_steps', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_incident_steps_incident_id'), ['incident_id'], unique=False)

    op.create_table('evidence_contents',
    sa.Column('evidence_id', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence.id'], name=op.f('fk_evidence_contents_evidence_id')),
    sa.PrimaryKeyConstraint('evidence_id', name=op.f('pk_evidence_contents'))
    )
    op.create_table('evidence_withdrawals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('evidence_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_evidence_withdrawals_account_id')),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence.id'], name=op.f('fk_evidence_withdrawals_evidence_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evidence_withdrawals')),
    sa.UniqueConstraint('evidence_id', name=op.f('uq_evidence_withdrawals_evidence_id'))
    )
    op.create_table('package_parts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('package_id', sa.Integer(), nullable=False),
    sa.Column('path', sa.String(length=200), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.Column('evidence_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence.id'], name=op.f('fk_package_parts_evidence_id')),
    sa.ForeignKeyConstraint(['package_id'], ['audit_packages.id'], name=op.f('fk_package_parts_package_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_package_parts')),
    sa.UniqueConstraint('package_id', 'path', name=op.f('uq_package_parts_package_id_path'))
    )
    # Append-only tables only get columns: made anew they would lose their triggers.
    op.add_column('audit_frames', sa.Column('basis', sa.JSON(), nullable=False, server_default='{}'))

    with op.batch_alter_table('audits', schema=None) as batch_op:
        batch_op.add_column(sa.Column('scope', sa.String(length=10), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('reason', sa.String(length=300), nullable=False, server_default=''))
        batch_op.alter_column('unit_id',
               existing_type=sa.INTEGER(),
               nullable=True)
        batch_op.drop_constraint(batch_op.f('uq_audits_kind_unit_id_period'), type_='unique')
        batch_op.create_index('uq_audits_agency_period', ['agency_id', 'period'], unique=True, sqlite_where=sa.text("kind = 'agency'"), postgresql_where=sa.text("kind = 'agency'"))
        batch_op.create_index('uq_audits_unit_period', ['unit_id', 'period'], unique=True, sqlite_where=sa.text("kind = 'unit'"), postgresql_where=sa.text("kind = 'unit'"))

    op.add_column('verdicts', sa.Column('failed_checks', sa.String(length=60), nullable=False, server_default=''))

    for table in PROTECTED:
        protect(op.get_bind(), table)


def downgrade() -> None:
    for table in PROTECTED:
        unprotect(op.get_bind(), table)
    op.drop_column('verdicts', 'failed_checks')

    with op.batch_alter_table('audits', schema=None) as batch_op:
        batch_op.drop_index('uq_audits_unit_period', sqlite_where=sa.text("kind = 'unit'"), postgresql_where=sa.text("kind = 'unit'"))
        batch_op.drop_index('uq_audits_agency_period', sqlite_where=sa.text("kind = 'agency'"), postgresql_where=sa.text("kind = 'agency'"))
        batch_op.create_unique_constraint(batch_op.f('uq_audits_kind_unit_id_period'), ['kind', 'unit_id', 'period'])
        batch_op.alter_column('unit_id',
               existing_type=sa.INTEGER(),
               nullable=False)
        batch_op.drop_column('reason')
        batch_op.drop_column('scope')

    op.drop_column('audit_frames', 'basis')

    op.drop_table('package_parts')
    op.drop_table('evidence_withdrawals')
    op.drop_table('evidence_contents')
    with op.batch_alter_table('incident_steps', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_incident_steps_incident_id'))

    op.drop_table('incident_steps')
    op.drop_table('incident_records')
    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_evidence_incident_id'))
        batch_op.drop_index(batch_op.f('ix_evidence_audit_id'))

    op.drop_table('evidence')
    op.drop_table('record_shares')
    with op.batch_alter_table('incidents', schema=None) as batch_op:
        batch_op.drop_index('ix_incidents_unit_id_status')
        batch_op.drop_index('ix_incidents_agency_id_status')

    op.drop_table('incidents')
    op.drop_table('audit_packages')
    with op.batch_alter_table('audit_acts', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audit_acts_audit_id'))

    op.drop_table('audit_acts')
    op.drop_table('reminders')
    op.drop_table('purges')
