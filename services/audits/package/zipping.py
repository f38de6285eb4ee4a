"""Puts the ZIP of a package together from its parts: the same bytes at the sending and every time after."""

import hashlib
import zipfile
from collections.abc import Iterable
from datetime import datetime
from typing import IO, Any

from services.audits.package.manifest import MANIFEST, SUMS, manifest_bytes, sums
from services.rocdate import taipei


class Altered(Exception):
    """Which part of a package is not what its list says."""


def write_zip(
    target: IO[bytes],
    manifest: dict[str, Any],
    sent_at: datetime,
    parts: Iterable[tuple[str, bytes]],
) -> None:
    """Write the list and every part, which come in the order of their paths, one in memory at a time.

    Raises Altered for a part that is not what the list says, that it does not have, or that is missing.
    """
    listed = {one["path"]: one["sha256"] for one in manifest["files"]}
    stamp = taipei(sent_at).timetuple()[:6]
    # Stored, not packed: nearly all of it is packed already, and no library decides on the bytes.
    with zipfile.ZipFile(target, "w") as archive:
        for path, content in ((MANIFEST, manifest_bytes(manifest)), (SUMS, sums(manifest))):
            archive.writestr(zipfile.ZipInfo(path, stamp), content)
        for path, content in parts:
            if listed.pop(path, None) != hashlib.sha256(content).hexdigest():
                raise Altered(path)
            archive.writestr(zipfile.ZipInfo(path, stamp), content)
    if listed:
        raise Altered(min(listed))
