"""keep the bytes of evidence and kept documents as files beside the database

Revision: 0015, after 0014
"""

import sqlalchemy as sa
from alembic import context, op

from data import files


revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

EVIDENCE = sa.table('evidence', sa.column('id'), sa.column('sha256'))
DOCUMENTS = sa.table('kept_documents', sa.column('id'), sa.column('sha256'), sa.column('destroyed_at'))
CONTENTS = (
    (sa.table('evidence_contents', sa.column('evidence_id'), sa.column('content', sa.LargeBinary())), EVIDENCE, sa.true()),
    (sa.table('document_contents', sa.column('document_id'), sa.column('content', sa.LargeBinary())), DOCUMENTS, DOCUMENTS.c.destroyed_at.is_(None)),
)


def upgrade() -> None:
    # The encrypted bytes move as they are; the files are on the disk before this transaction commits, and
    # do no harm if it does not.
    for contents, owners, _ in CONTENTS:
        key, content = contents.c
        rows = sa.select(key, owners.c.sha256).join_from(contents, owners, owners.c.id == key).order_by(key)
        for id_, sha256 in op.get_bind().execute(rows).all():
            # One by one: never two of them in memory.
            move(sha256, op.get_bind().scalar(sa.select(content).where(key == id_)))
        op.drop_table(contents.name)
    op.create_index(op.f('ix_evidence_sha256'), 'evidence', ['sha256'], unique=False)
    op.create_index(op.f('ix_kept_documents_sha256'), 'kept_documents', ['sha256'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_kept_documents_sha256'), table_name='kept_documents')
    op.drop_index(op.f('ix_evidence_sha256'), table_name='evidence')
    for contents, owners, has_content in CONTENTS:
        name, key = contents.name, contents.c[0].name
        op.create_table(name,
        sa.Column(key, sa.Integer(), nullable=False),
        sa.Column('content', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint([key], [f'{owners.name}.id'], name=op.f(f'fk_{name}_{key}')),
        sa.PrimaryKeyConstraint(key, name=op.f(f'pk_{name}'))
        )
        rows = sa.select(owners.c.id, owners.c.sha256).where(has_content).order_by(owners.c.id)
        for id_, sha256 in op.get_bind().execute(rows).all():
            if (content := files.read(sha256)) is not None:
                op.get_bind().execute(sa.insert(contents).values({key: id_, 'content': content}))


def move(sha256: str, content: bytes) -> None:
    # Of several rows with the same hash one file is left: a sound one, should another have been altered.
    is_sound = context.config.attributes.get('is_sound')
    if not files.has(sha256) or (is_sound is not None and is_sound(sha256, content)):
        files.write(sha256, content)
