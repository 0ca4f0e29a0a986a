"""A running Codex: a home, the process that has it, and the mock of the service that the process asks.

The mock outlives the processes, so what was asked before a restart can still be seen after it.
"""

from __future__ import annotations

import platform
from pathlib import Path
from types import TracebackType

from attrs import evolve, frozen

from threadstore.jsonvalue import JSON
from threadstore.session import OVERRIDE_VARIABLE

from .binary import CodexBinary, find_binary
from .calls import ThreadCalls
from .conversation import Script
from .errors import CodexError
from .home import HomeSettings, clean_environment, prepare_home
from .observed import ObservedHome
from .responses import MockResponses
from .rpc import Answerer, RpcProcess, refuse_all

#: The notifications that tell of a text bit by bit; nothing here waits for them.
_UNWANTED = ("item/agentMessage/delta", "item/commandExecution/outputDelta", "item/reasoning/summaryTextDelta")


@frozen(kw_only=True)
class CodexSettings:
    """What a process is started with."""

    home: HomeSettings = HomeSettings()
    #: What the client calls itself; the originator of threads where nothing else says one.
    client_name: str = "threadstore"
    #: The value of the variable that overrides originators; not set when not given.
    environment_override: str | None = None
    #: How long a call may take, in seconds.
    timeout: float = 30


class CodexServer:
    """Codex's app-server on a home, with its mock."""

    def __init__(
        self,
        home: Path,
        *,
        binary: CodexBinary | None = None,
        script: Script | None = None,
        settings: CodexSettings | None = None,
        answerer: Answerer = refuse_all,
    ) -> None:
        # Codex resolves links, so it would tell of other paths than were asked for.
        self.path = home.resolve()
        self.binary = binary or find_binary()
        self.settings = settings or CodexSettings()
        self.home = ObservedHome(self.path)
        self._answerer = answerer
        #: What the process told of itself when it was started.
        self.greeting: JSON = None
        self.responses = MockResponses(script)
        try:
            self.threads = self._started()
        except BaseException:
            self.responses.close()
            raise

    def __enter__(self) -> CodexServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self.abandon()

    @property
    def rpc(self) -> RpcProcess:
        """The process of now."""
        return self.threads.rpc

    def restart(self, settings: CodexSettings | None = None, *, killed: bool = False) -> None:
        """End the process, by closing its input or by killing it, and start another one on the home."""
        if killed:
            self.kill()
        else:
            self.stop()
        self.settings = settings or self.settings
        self.threads = self._started()

    def stop(self) -> None:
        """Let the process end by itself; raise `CodexError` if it does not end well."""
        if self.rpc.closed:
            return
        status = self.rpc.close(self.settings.timeout)
        if status != 0:
            raise CodexError(f"Codex ended with status {status} after its input was closed; {self.rpc.stderr}")

    def kill(self) -> None:
        """Kill the process."""
        self.rpc.kill()

    def close(self) -> None:
        """End the process and the mock."""
        try:
            self.stop()
        finally:
            self.responses.close()

    def abandon(self) -> None:
        """Kill the process, and end the mock."""
        try:
            self.kill()
        finally:
            self.responses.close()

    def _started(self) -> ThreadCalls:
        home = self.settings.home
        if self.settings.environment_override is not None:
            home = evolve(home, environment={**home.environment, OVERRIDE_VARIABLE: self.settings.environment_override})
        prepare_home(self.path, self.responses.base_url, home)
        rpc = RpcProcess(
            [self.binary.path, "app-server"],
            environment=clean_environment(self.path, self.responses.base_url, home),
            cwd=self.path,
            timeout=self.settings.timeout,
            answerer=self._answerer,
        )
        try:
            self.greeting = rpc.call("initialize", _introduction(self.settings.client_name))
            rpc.notify("initialized")
        except BaseException:
            rpc.kill()
            raise
        return ThreadCalls(rpc, self.binary.version)


def _introduction(client_name: str) -> JSON:
    client = {"name": client_name, "title": client_name, "version": platform.python_version()}
    capabilities = {"experimentalApi": True, "optOutNotificationMethods": list(_UNWANTED)}
    return {"clientInfo": client, "capabilities": capabilities}
