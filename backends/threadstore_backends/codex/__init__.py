"""Driving a real Codex: its app-server as a child process, in a home of its own, asking a scripted service.

`CodexServer` is the whole of it: a home, the process, and the mock that the process takes for the Responses API.
"""

from __future__ import annotations

from .binary import BINARY_VARIABLE, CodexBinary, find_binary
from .calls import ThreadCalls
from .conversation import Reply, Script
from .errors import (
    CodexDied,
    CodexError,
    CodexGarbled,
    CodexHang,
    CodexMissing,
    CodexRefused,
    CodexUnfamiliar,
    CodexUnreadable,
    CodexUnsendable,
    CodexUnusable,
    ServiceFailed,
)
from .home import HomeSettings
from .observed import ObservedHome
from .responses import MockResponses
from .rpc import RpcProcess
from .server import CodexServer, CodexSettings
from .views import CodexPage, CodexThread, CodexTurn

__all__ = [
    "BINARY_VARIABLE",
    "CodexBinary",
    "CodexDied",
    "CodexError",
    "CodexGarbled",
    "CodexHang",
    "CodexMissing",
    "CodexPage",
    "CodexRefused",
    "CodexServer",
    "CodexSettings",
    "CodexThread",
    "CodexTurn",
    "CodexUnfamiliar",
    "CodexUnreadable",
    "CodexUnsendable",
    "CodexUnusable",
    "HomeSettings",
    "MockResponses",
    "ObservedHome",
    "Reply",
    "RpcProcess",
    "Script",
    "ServiceFailed",
    "ThreadCalls",
    "find_binary",
]
