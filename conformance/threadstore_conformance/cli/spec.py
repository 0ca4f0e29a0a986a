"""``threadstore spec``: the clauses, and one of them with its checks."""

from __future__ import annotations

import click
from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.table import Table

from ..directed import all_checks
from ..spec_text import LEVELS, load_clauses


@click.command("spec")
@click.argument("clause_id", metavar="[CLAUSE]", required=False)
@click.option("--level", type=click.Choice(LEVELS), help="List this level alone.")
def spec_command(clause_id: str | None, level: str | None) -> None:
    """List the clauses of the specification, or print CLAUSE with its checks."""
    if clause_id is None:
        _list(level)
    else:
        _show(clause_id.strip())


def _list(level: str | None) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("clause", "strength", "level", "needs", "title"):
        table.add_column(heading, overflow="fold")
    for clause in load_clauses().values():
        if level in (None, clause.level):
            table.add_row(clause.id, clause.strength, clause.level, ", ".join(clause.needs), clause.title)
    Console().print(table)


def _show(clause_id: str) -> None:
    clauses = {known.lower(): clause for known, clause in load_clauses().items()}
    clause = clauses.get(clause_id.lower())
    if clause is None:
        raise click.ClickException(f"no clause is called {clause_id}; `threadstore spec` lists them all")
    console = Console(width=min(100, Console().width))
    needs = f" · needs {', '.join(clause.needs)}" if clause.needs else ""
    console.print(f"[bold]{clause.id} — {clause.title}[/bold]", highlight=False)
    console.print(f"{clause.strength} · {clause.level} · {clause.port}{needs}\n", style="dim", highlight=False)
    console.print(Markdown(clause.text))
    for heading, words in (("Why", clause.rationale), ("Source", clause.source)):
        console.print()
        console.print(Markdown(f"**{heading}.** {words}"))
    checks = [check for check in all_checks() if clause.id in check.clauses]
    console.print("\n[bold]Checks[/bold]")
    for check in checks:
        console.print(f"  {check.name}", highlight=False)
        says = (check.function.__doc__ or "").splitlines()[0]
        console.print(Padding(says, (0, 0, 0, 6)), style="dim", highlight=False)
