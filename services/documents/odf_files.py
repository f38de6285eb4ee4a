"""What ODT and ODS have in common: the file as bytes that depend on nothing but what is in it."""

import io
import zipfile
from datetime import datetime
from typing import Any

from odf import dc, meta
from odf.element import Element
from odf.namespaces import nsdict
from odf.opendocument import OpenDocument

from services.rocdate import taipei

# odfpy writes the name spaces that the process has used so far: all of them from the start, so that a file
# does not depend on the files before it.
Element.namespaces = dict(sorted(nsdict.items()))


def described(document: OpenDocument, title: str, moment: datetime) -> None:
    """Write the title and the moment of making into the file's description."""
    stamp = taipei(moment).strftime("%Y-%m-%dT%H:%M:%S")
    for element, text in (
        (dc.Title(), title),
        (meta.CreationDate(), stamp),
        (dc.Date(), stamp),
        (dc.Language(), "zh-TW"),
    ):
        element.addText(text)
        document.meta.addElement(element)


def file_bytes(document: Any, moment: datetime) -> bytes:
    """Return the document as a file: the same bytes for the same content and ``moment``.

    odfpy stamps every part of the file with the time of the machine; ``moment`` takes its place.
    """
    raw, packed = io.BytesIO(), io.BytesIO()
    document.write(raw)
    stamp = taipei(moment).timetuple()[:6]
    with zipfile.ZipFile(raw) as parts, zipfile.ZipFile(packed, "w") as file:
        for part in parts.infolist():
            entry = zipfile.ZipInfo(part.filename, stamp)
            entry.compress_type = part.compress_type
            file.writestr(entry, parts.read(part))
    return packed.getvalue()
