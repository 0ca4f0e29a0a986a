"""What can go wrong between us and a Codex process, apart from what its threads may answer.

`CodexRefused` is an answer, and a case may expect it. The others are faults of the run: a process that hangs or dies
is told with the call that it happened in and the end of what it wrote to its standard error.
"""

from __future__ import annotations

import signal

from attrs import frozen

from threadstore.jsonvalue import JSON


class CodexError(Exception):
    """The base of everything that this package raises about a Codex process."""


@frozen
class CodexMissing(CodexError):
    """No binary was given and none is installed."""

    message: str

    def __str__(self) -> str:
        return self.message


@frozen
class CodexUnusable(CodexError):
    """What was given as a binary is none."""

    message: str

    def __str__(self) -> str:
        return self.message


@frozen
class CodexRefused(CodexError):
    """The process answered a call with an error."""

    method: str
    code: int
    message: str
    data: JSON = None

    def __str__(self) -> str:
        return f"{self.method} was refused: {self.message} ({self.code})"


@frozen
class CodexHang(CodexError):
    """What was waited for did not come in time; the process is still running."""

    #: The call, or what else was waited for.
    waited_for: str
    seconds: float
    stderr: str = ""

    def __str__(self) -> str:
        return f"{self.waited_for}: nothing came within {self.seconds:g} s{_said(self.stderr)}"


@frozen
class CodexDied(CodexError):
    """The process ended before what was waited for came."""

    #: The call, or what else was waited for.
    waited_for: str
    #: The exit status; the negative number of the signal that ended the process.
    status: int
    stderr: str = ""

    def __str__(self) -> str:
        return f"{self.waited_for}: the process ended with {_named(self.status)}{_said(self.stderr)}"


@frozen
class CodexGarbled(CodexError):
    """The process wrote a line that is no message."""

    line: str

    def __str__(self) -> str:
        return f"the process wrote a line that is no message: {self.line}"


def _named(status: int) -> str:
    if status >= 0:
        return f"status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


def _said(stderr: str) -> str:
    return f"; its standard error ends:\n{stderr.rstrip()}" if stderr.strip() else ""
