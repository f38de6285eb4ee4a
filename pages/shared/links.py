"""Links into this system as somebody can note them down or hand them on."""

from urllib.parse import urlsplit

import streamlit as st


def whole_address(link: str) -> str:
    """Return a link with its site.

    Where ``PUBLIC_URL`` is not set it starts with the address under which this very browser reads
    it. Nothing that is mailed is made so: a browser can claim any address.
    """
    here = urlsplit(st.context.url or "")
    return f"{here.scheme}://{here.netloc}{link}" if link.startswith("/") and here.netloc else link
