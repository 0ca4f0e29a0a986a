"""What can go wrong between us and a Codex process, apart from what its threads may answer.

`CodexRefused` is an answer, and a case may expect it. The others are faults of the run: a process that hangs, dies or
writes nonsense is told with the call that it happened in and the end of what it wrote to its standard error.
"""

from __future__ import annotations

import signal

from attrs import frozen

from threadstore.jsonvalue import JSON


class CodexError(Exception):
    """The base of everything that this package raises about a Codex process."""


@frozen
class _Told(CodexError):
    message: str

    def __str__(self) -> str:
        return self.message


class CodexMissing(_Told):
    """No binary was given and none is installed."""


class CodexUnusable(_Told):
    """What was given as a binary is none."""


class CodexUnreadable(_Told):
    """Codex left something that cannot be followed."""


@frozen
class CodexUnsendable(CodexError):
    """What Codex was to be sent is no JSON, or none that is sent here."""

    method: str
    why: str

    def __str__(self) -> str:
        return f"{self.method} was not sent, because it cannot be written as JSON: {self.why}"


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
class CodexUnfamiliar(CodexError):
    """The process answered in another shape than every version that was measured."""

    method: str
    version: str
    #: The member that is absent, or what else is wrong.
    why: str

    def __str__(self) -> str:
        return f"{self.method} of Codex {self.version} answers in a shape that is not known here: {self.why}"


@frozen
class CodexHang(CodexError):
    """What was waited for did not come in time."""

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

    #: The call, or what else was waited for.
    waited_for: str
    line: str
    stderr: str = ""

    def __str__(self) -> str:
        return f"{self.waited_for}: the process wrote a line that is no message: {self.line}{_said(self.stderr)}"


@frozen
class ServiceFailed(CodexError):
    """The scripted service failed at answering a request: a fault of this side."""

    request: str
    why: str

    def __str__(self) -> str:
        return f"the scripted service failed at {self.request}: {self.why}"


def _named(status: int) -> str:
    if status >= 0:
        return f"status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


def _said(stderr: str) -> str:
    return f"; its standard error ends:\n{stderr.rstrip()}" if stderr.strip() else ""
