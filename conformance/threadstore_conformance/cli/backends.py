"""``threadstore backends``: what is registered here."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from ..discovery import TargetError, find_backend, registered_backends


@click.command("backends")
def backends_command() -> None:
    """List the registered backends and what each declares."""
    table = Table(box=None, pad_edge=False)
    for heading in ("name", "version", "declares", "description"):
        table.add_column(heading, overflow="fold")
    problems = []
    for point in registered_backends():
        try:
            backend = find_backend(point.name)
        except TargetError as error:
            problems.append(str(error))
            continue
        declared = [
            name if value is True else f"{name}={value}"
            for name, _, value, _ in backend.capabilities.describe()
            if value not in (False, None)
        ]
        table.add_row(backend.name, backend.version, ", ".join(declared) or "nothing", backend.description)
    console = Console()
    console.print(table)
    for problem in problems:
        console.print(f"[red]{problem}[/red]")
