"""What the server does before it opens its port: no visitor waits for a module, none for the collector."""

import ast
import gc
import logging
import pkgutil
from importlib import import_module
from pathlib import Path

import pages


def load_and_freeze() -> None:
    """Import every module that pages need, and keep them out of the garbage collector's rounds.

    They live as long as the process. Frozen, they cost a full round nothing, which otherwise takes a
    hundred milliseconds under the interpreter's lock.
    """
    logging.disable(logging.WARNING)  # Streamlit says of every decorator that nobody sees it
    try:
        for found in pkgutil.walk_packages(pages.__path__, "pages."):
            if not found.name.endswith(".page"):
                import_module(found.name)
        for page in Path(pages.__file__).parent.glob("*/page.py"):
            _import_what_it_names(page)
    finally:
        logging.disable(logging.NOTSET)
    gc.collect()
    gc.freeze()


def _import_what_it_names(page: Path) -> None:
    """Import what a page's script imports; the script itself draws, and has nobody to draw for."""
    for node in ast.walk(ast.parse(page.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            import_module(node.module)
