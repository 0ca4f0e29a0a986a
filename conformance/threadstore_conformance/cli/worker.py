"""Judging in a process of its own, so that a store that exits, crashes or hangs takes no verdict with it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click

from ..certificate import EXIT_STATUS
from ..certify import Request

#: The option by which a process knows that it is the one that judges.
WORKER = "--worker"


def judged_apart(request: Request, out: Path, *, quiet: bool, timeout: int) -> int:
    """Judge in a child process and return its exit status; raise `ClickException` when it ends without a verdict."""
    worker = subprocess.Popen(_command(request, out, quiet=quiet))  # noqa: S603  # ourselves, with our own options
    try:
        status = worker.wait(timeout)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
        raise click.ClickException(
            f"no verdict: the run did not end in {timeout} s; a call on the store hangs, or --timeout is too short"
        ) from None
    except KeyboardInterrupt:
        worker.wait()
        raise
    if status == EXIT_STATUS["error"] or status == _promised(out):
        return status
    how = f"signal {-status}" if status < 0 else f"status {status}"
    raise click.ClickException(f"no verdict: the process that ran the store ended with {how} before it was done")


def _promised(out: Path) -> int | None:
    """Return the exit status that goes with the certificate that was written, if one was."""
    try:
        verdict = json.loads((out / "certificate.json").read_text(encoding="utf-8"))["verdict"]
    except (OSError, ValueError, KeyError):
        return None
    return EXIT_STATUS.get(verdict)


def _command(request: Request, out: Path, *, quiet: bool) -> list[str]:
    command = [sys.executable, "-m", "threadstore_conformance", "certify", request.target, WORKER]
    command += ["--examples", str(request.examples), "--seed", str(request.seed), "--out", str(out)]
    for level in request.levels:
        command += ["--level", level]
    for clause in request.clauses:
        command += ["--clause", clause]
    command += ["--focus", request.focus] if request.focus else []
    return [*command, "--quiet"] if quiet else command
