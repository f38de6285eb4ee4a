"""Telling the operator at once: a line of the log, and the operator's own program."""

import logging
import os
import shlex
import subprocess  # nosec B404  # runs the one program that the operator names, see _run
import threading
from typing import Any

log = logging.getLogger("cadastre.alert")

PATIENCE_SECONDS = 10


def alert(sentence: str, **detail: Any) -> None:
    """Log ``sentence`` as critical and, when ``ALERT_COMMAND`` is set, hand it to that program.

    The program gets the sentence on standard input (mail, a text message, a pager: the operator's
    choice). It runs beside the caller, without a shell, and whatever it does, nothing is raised.
    """
    words = "".join(f" {key}={' '.join(str(value).split())}" for key, value in detail.items())
    log.critical("%s%s", sentence, words)
    if command := os.environ.get("ALERT_COMMAND", "").strip():
        # No daemon: a command line that ends right after an alert still sends it.
        threading.Thread(target=_run, args=(command, sentence + words), name="alert").start()


def _run(command: str, text: str) -> None:
    try:
        subprocess.run(  # nosec B603  # no shell; the command comes from the operator's environment
            shlex.split(command),
            input=text.encode(),
            timeout=PATIENCE_SECONDS,
            check=True,
            capture_output=True,
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        log.critical("ALERT_COMMAND failed: %s", error)
