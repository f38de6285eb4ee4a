"""The kinds of files that a paper or a table leaves as."""

from enum import StrEnum


class FileFormat(StrEnum):
    """A kind of file; the value is the ending of its name."""

    PDF = "pdf"
    ODT = "odt"
    ODS = "ods"
    CSV = "csv"

    @property
    def mime(self) -> str:
        return _MIMES[self]


_MIMES = {
    FileFormat.PDF: "application/pdf",
    FileFormat.ODT: "application/vnd.oasis.opendocument.text",
    FileFormat.ODS: "application/vnd.oasis.opendocument.spreadsheet",
    FileFormat.CSV: "text/csv",
}
