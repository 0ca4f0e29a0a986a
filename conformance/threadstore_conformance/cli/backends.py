"""``threadstore backends``: what is registered here."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from threadstore import Backend
from threadstore.registration import Capabilities, SessionCapabilities

from ..discovery import TargetError, find_backend, registered_backends
from ..ports import ports_of


@click.command("backends")
def backends_command() -> None:
    """List the registered backends, the port at which each is judged, and what it declares."""
    table = Table(box=None, pad_edge=False)
    for heading in ("name", "version", "port", "declares", "description"):
        table.add_column(heading, overflow="fold")
    problems = []
    for point in registered_backends():
        try:
            backend = find_backend(point.name)
        except TargetError as error:
            problems.append(str(error))
            continue
        # Over a store the reference's session layer is judged, unless the backend brings its own.
        own_session = not isinstance(backend, Backend) or backend.session_layer is not None
        declared = [*_declared(backend.capabilities), *(_declared(backend.session) if own_session else [])]
        port = ports_of(backend)[0].name
        table.add_row(backend.name, backend.version, port, ", ".join(declared) or "nothing", backend.description)
    console = Console()
    console.print(table)
    for problem in problems:
        console.print(f"[red]{problem}[/red]")


def _declared(flags: Capabilities | SessionCapabilities) -> list[str]:
    return [
        name if value is True else f"{name}={value}"
        for name, _, value, _ in flags.describe()
        if value not in (False, None)
    ]
