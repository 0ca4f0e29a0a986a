"""Running in a process of its own, so that a backend that exits, crashes or hangs takes no verdict with it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from ..certificate import EXIT_STATUS

#: The option by which a process knows that it is the one that judges, and where it leaves its exit status.
WORKER = "--worker"


def run_apart(arguments: Sequence[str], timeout: int) -> int:
    """Run a command in a child process and return its exit status; raise `ClickException` when it did not get there."""
    with tempfile.TemporaryDirectory(prefix="threadstore-worker-") as folder:
        promised = Path(folder) / "status"
        status = _status([*arguments, WORKER, str(promised)], timeout)
        if status == EXIT_STATUS["error"] or (promised.exists() and promised.read_text() == str(status)):
            return status
    how = f"signal {-status}" if status < 0 else f"status {status}"
    raise click.ClickException(f"no verdict: the process that ran the backend ended with {how} before it was done")


def end_with(status: int, promised: Path | None) -> NoReturn:
    """End this process with a status that is its own verdict, and not the backend's doing."""
    if promised:
        promised.write_text(str(status))
    sys.exit(status)


def _status(arguments: Sequence[str], timeout: int) -> int:
    command = [sys.executable, "-m", "threadstore_conformance", *arguments]
    worker = subprocess.Popen(command)  # noqa: S603  # ourselves, with our own options
    try:
        return worker.wait(timeout)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
        raise click.ClickException(
            f"no verdict: the run did not end in {timeout} s; a call hangs, or --timeout is too short"
        ) from None
    except KeyboardInterrupt:
        worker.wait()
        raise
