"""review what agencies send, and follow findings to their end

Revision: 0018, after 0017
"""

import sqlalchemy as sa
from alembic import op

import data.models.base
from data.append_only import protect, unprotect


revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

ADDED = ('review_steps', 'check_runs', 'check_overrulings', 'finding_steps')


def upgrade() -> None:
    op.create_table('package_reviews',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('agency_id', sa.Integer(), nullable=False),
    sa.Column('period', sa.String(length=8), nullable=False),
    sa.Column('audit_id', sa.Integer(), nullable=False),
    sa.Column('received_at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('package_number', sa.Integer(), nullable=False),
    sa.Column('reviewer_id', sa.Integer(), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agencies.id'], name=op.f('fk_package_reviews_agency_id')),
    sa.ForeignKeyConstraint(['audit_id'], ['audits.id'], name=op.f('fk_package_reviews_audit_id')),
    sa.ForeignKeyConstraint(['reviewer_id'], ['accounts.id'], name=op.f('fk_package_reviews_reviewer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_package_reviews')),
    sa.UniqueConstraint('agency_id', 'period', name=op.f('uq_package_reviews_agency_id_period')),
    sa.UniqueConstraint('audit_id', name=op.f('uq_package_reviews_audit_id'))
    )
    with op.batch_alter_table('package_reviews', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_package_reviews_period'), ['period'], unique=False)

    op.create_table('check_overrulings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('review_id', sa.Integer(), nullable=False),
    sa.Column('check_code', sa.String(length=20), nullable=False),
    sa.Column('result_sha256', sa.String(length=64), nullable=False),
    sa.Column('withdrawn', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('actor_name', sa.String(length=60), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_check_overrulings_account_id')),
    sa.ForeignKeyConstraint(['review_id'], ['package_reviews.id'], name=op.f('fk_check_overrulings_review_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_check_overrulings'))
    )
    with op.batch_alter_table('check_overrulings', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_check_overrulings_review_id'), ['review_id'], unique=False)

    op.create_table('check_runs',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('review_id', sa.Integer(), nullable=False),
    sa.Column('package_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('failed', sa.Integer(), nullable=False),
    sa.Column('to_look', sa.Integer(), nullable=False),
    sa.Column('results', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_check_runs_account_id')),
    sa.ForeignKeyConstraint(['package_id'], ['audit_packages.id'], name=op.f('fk_check_runs_package_id')),
    sa.ForeignKeyConstraint(['review_id'], ['package_reviews.id'], name=op.f('fk_check_runs_review_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_check_runs'))
    )
    with op.batch_alter_table('check_runs', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_check_runs_review_id'), ['review_id'], unique=False)

    op.create_table('findings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('review_id', sa.Integer(), nullable=False),
    sa.Column('agency_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=True),
    sa.Column('check_code', sa.String(length=20), nullable=False),
    sa.Column('result_sha256', sa.String(length=64), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('gravity', sa.String(length=10), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('first_due_on', sa.Date(), nullable=False),
    sa.Column('opened_at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agencies.id'], name=op.f('fk_findings_agency_id')),
    sa.ForeignKeyConstraint(['review_id'], ['package_reviews.id'], name=op.f('fk_findings_review_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_findings_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_findings')),
    sa.UniqueConstraint('number', name=op.f('uq_findings_number'))
    )
    with op.batch_alter_table('findings', schema=None) as batch_op:
        batch_op.create_index('ix_findings_agency_id_state', ['agency_id', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_findings_review_id'), ['review_id'], unique=False)

    op.create_table('review_steps',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('review_id', sa.Integer(), nullable=False),
    sa.Column('act', sa.String(length=16), nullable=False),
    sa.Column('at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('actor_name', sa.String(length=60), nullable=False),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('letter_no', sa.String(length=60), nullable=False),
    sa.Column('letter_date', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_review_steps_account_id')),
    sa.ForeignKeyConstraint(['review_id'], ['package_reviews.id'], name=op.f('fk_review_steps_review_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review_steps'))
    )
    with op.batch_alter_table('review_steps', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_review_steps_review_id'), ['review_id'], unique=False)

    op.create_table('finding_steps',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('finding_id', sa.Integer(), nullable=False),
    sa.Column('act', sa.String(length=12), nullable=False),
    sa.Column('at', data.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('actor_name', sa.String(length=60), nullable=False),
    sa.Column('note', sa.String(length=1000), nullable=False),
    sa.Column('done_on', sa.Date(), nullable=True),
    sa.Column('letter_no', sa.String(length=60), nullable=False),
    sa.Column('letter_date', sa.Date(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('gravity', sa.String(length=10), nullable=False),
    sa.Column('days_late', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_finding_steps_account_id')),
    sa.ForeignKeyConstraint(['finding_id'], ['findings.id'], name=op.f('fk_finding_steps_finding_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_finding_steps'))
    )
    with op.batch_alter_table('finding_steps', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_finding_steps_finding_id'), ['finding_id'], unique=False)

    op.add_column('audit_packages', sa.Column('explanation', sa.String(length=300), server_default='', nullable=False))
    # SQLite makes the table anew to add a constraint, and its triggers go with the old one.
    unprotect(op.get_bind(), 'evidence')
    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.add_column(sa.Column('finding_step_id', sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f('ix_evidence_finding_step_id'), ['finding_step_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_evidence_finding_step_id'), 'finding_steps', ['finding_step_id'], ['id'])

    for table in (*ADDED, 'evidence'):
        protect(op.get_bind(), table)


def downgrade() -> None:
    op.drop_column('audit_packages', 'explanation')
    for table in (*ADDED, 'evidence'):
        unprotect(op.get_bind(), table)
    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_evidence_finding_step_id'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_evidence_finding_step_id'))
        batch_op.drop_column('finding_step_id')
    protect(op.get_bind(), 'evidence')

    with op.batch_alter_table('finding_steps', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_finding_steps_finding_id'))

    op.drop_table('finding_steps')
    with op.batch_alter_table('review_steps', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_review_steps_review_id'))

    op.drop_table('review_steps')
    with op.batch_alter_table('findings', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_findings_review_id'))
        batch_op.drop_index('ix_findings_agency_id_state')

    op.drop_table('findings')
    with op.batch_alter_table('check_runs', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_check_runs_review_id'))

    op.drop_table('check_runs')
    with op.batch_alter_table('check_overrulings', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_check_overrulings_review_id'))

    op.drop_table('check_overrulings')
    with op.batch_alter_table('package_reviews', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_package_reviews_period'))

    op.drop_table('package_reviews')
