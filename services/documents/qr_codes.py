"""QR codes for papers, as a drawing of lines and as pixels."""

import io

import segno

_QUIET_ZONE = 4
"""Modules of white around the code, as its standard asks."""


def qr_svg(content: str) -> bytes:
    """Return the QR code of ``content`` as an SVG of paths: it holds no text."""
    return _drawn(content, "svg", scale=4, xmldecl=False, nl=False)


def qr_png(content: str) -> bytes:
    """Return the QR code of ``content`` as a PNG of black and white."""
    return _drawn(content, "png", scale=12)


def _drawn(content: str, kind: str, **options: object) -> bytes:
    # Paper gets folds and stamps: a quarter of the code may be lost.
    drawn = io.BytesIO()
    segno.make(content, error="q", micro=False).save(
        drawn, kind=kind, border=_QUIET_ZONE, dark="#000000", light="#ffffff", **options
    )
    return drawn.getvalue()
