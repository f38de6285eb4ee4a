"""Opening a document: every view on record, and what was altered is never handed out."""

import logging

import pytest
from cryptography.fernet import Fernet

from data.models import KeptDocument
from services.errors import Conflict, Held, NotFound, Refused
from services.installation import keys
from services.papers.listing import paper_detail
from services.papers.viewing import open_paper
from tests.kept_files import lose, overwrite
from tests.services.breaking import trigger_refuses
from tests.services.papers.helpers import events_of, kept, pdf, stored
from tests.world import EVERYBODY, NOW, World


def views() -> list[tuple[int | None, str, str]]:
    return [(e.account_id, e.object_id, e.outcome) for e in events_of("document_viewed")]


def alter(document_id: int, content: bytes) -> None:
    """Put other bytes in the place of a document's, under the right key."""
    overwrite(KeptDocument, document_id, keys.data_cipher().encrypt(content))


def test_every_view_is_on_record(world: World) -> None:
    paper = kept(world, "clerk", mark="x")
    assert paper_detail(world.actor("unit_manager"), paper).fault_at is None
    for count in (1, 2, 3):
        opened = open_paper(world.actor("unit_manager"), paper)
        assert (opened.file_name, opened.media_type) == ("切結書x.pdf", "application/pdf")
        assert opened.content == pdf("x")
        assert views() == [(world.accounts["unit_manager"], str(paper), "done")] * count


def test_the_bytes_lie_encrypted(world: World) -> None:
    content = stored(kept(world, "clerk"))
    assert content is not None and b"%PDF" not in content
    assert keys.data_cipher().decrypt(content) == pdf("clerk")


@pytest.mark.attack("foreign-id")
def test_only_the_managers_concerned(world: World) -> None:
    paper = kept(world, "clerk")
    for who in EVERYBODY:
        if who in ("unit_manager", "agency_manager"):
            continue
        with pytest.raises(Refused):
            open_paper(world.actor(who), paper)
    with pytest.raises(NotFound):
        open_paper(world.actor("unit_manager"), 999_999)
    assert views() == []


def test_what_cannot_be_recorded_is_not_shown(world: World) -> None:
    paper = kept(world, "clerk")
    with trigger_refuses("events"), pytest.raises(Held):
        open_paper(world.actor("unit_manager"), paper)


@pytest.mark.parametrize("how", ["other bytes", "no key", "cut off", "gone"])
def test_altered_bytes_are_refused_recorded_and_told(
    world: World, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    paper = kept(world, "clerk")
    content = stored(paper)
    assert content is not None
    altered = {
        "other bytes": keys.data_cipher().encrypt(pdf("forged")),
        "no key": Fernet(Fernet.generate_key()).encrypt(pdf("clerk")),
        "cut off": content[:-10],
    }
    if how == "gone":
        lose(KeptDocument, paper)
    else:
        overwrite(KeptDocument, paper, altered[how])
    with (
        caplog.at_level(logging.CRITICAL, "cadastre.alert"),
        pytest.raises(Conflict, match="雜湊值不符"),
    ):
        open_paper(world.actor("unit_manager"), paper)
    assert views() == [(world.accounts["unit_manager"], str(paper), "fault")]
    assert f"document={paper}" in caplog.text
    assert paper_detail(world.actor("agency_manager"), paper).fault_at == NOW
