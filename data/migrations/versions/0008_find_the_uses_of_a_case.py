"""find the uses of a case or document number within an agency

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

INDEXES = {'ix_usage_records_case': 'case_no', 'ix_usage_records_document': 'document_no'}


def upgrade() -> None:
    for name, column in INDEXES.items():
        only = sa.text(f"{column} <> ''")
        op.create_index(name, 'usage_records', ['agency_id', column], unique=False,
                        sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, table_name='usage_records')
