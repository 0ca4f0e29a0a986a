"""``threadstore inspect HOME``: what a Codex home holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .catalog import Problem
from .inspection import InspectedThread, Inspection, inspect_home

#: From this width on every kind of fact has a column of its own.
_WIDE = 150

#: The width of an id after "fork of ", which is never cut, because it is there to be copied.
_ID_WIDTH = 44

#: Files named under a problem that several have.
_FILES_NAMED = 3

#: The exit code of a wrong HOME.
_WRONG_USE = 3


@click.command("inspect", short_help="Print what a Codex home holds.")
@click.argument("home", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print {home, threads, problems} as JSON.")
@click.pass_context
def inspect_command(context: click.Context, home: Path, as_json: bool) -> None:
    """Print the threads of a Codex home, and whatever in it is damaged or unknown; it reads only."""
    wrong = _what_is_wrong_with(home)
    if wrong:
        click.echo(f"threadstore inspect: {wrong}", err=True)
        context.exit(_WRONG_USE)
    inspection = inspect_home(home.absolute())
    if as_json:
        click.echo(orjson.dumps(inspection.to_json(), option=orjson.OPT_INDENT_2).decode())
    else:
        _print(inspection, Console())


def _what_is_wrong_with(home: Path) -> str | None:
    try:
        if not home.exists():
            return f"{home} does not exist; give the folder that CODEX_HOME names, ~/.codex by default"
        if not home.is_dir():
            return f"{home} is a file; a home is a folder"
        next(home.iterdir(), None)
    except OSError as error:
        return f"{home} cannot be read ({error.strerror}); check its permissions"
    return None


def _print(inspection: Inspection, console: Console) -> None:
    threads = inspection.threads
    archived = sum(found.archived for found in threads)
    console.print(Text(str(inspection.home), style="bold"), soft_wrap=True)
    console.print(
        f"{len(threads) - archived} active and {archived} archived threads,"
        f" {sum(found.items for found in threads):,} items, {_size(sum(found.size_bytes for found in threads))}",
        highlight=False,
    )
    if threads:
        console.print()
        console.print((_wide_table if console.width >= _WIDE else _narrow_table)(threads, console.width))
    if inspection.problems:
        console.print(Text("Problems", style="bold"))
        for line in _grouped(inspection.problems):
            console.print(Text(_one_line(line)), soft_wrap=True)


def _wide_table(threads: Iterable[InspectedThread], width: int) -> Table:
    table = _table(
        width, {"Thread": _ID_WIDTH, "Name, preview": None, "Originator, provider": 24, "Created, updated": 16,
                "Items, size": 11, "Side": 8}
    )  # fmt: skip
    for found in threads:
        table.add_row(
            _lines(found.thread.thread_id, *_links(found)),
            _lines(*_titles(found)),
            _lines(found.thread.originator, found.thread.model_provider),
            _lines(*_times(found)),
            _lines(f"{found.items:,}", _size(found.size_bytes)),
            _side(found),
        )
    return table


def _narrow_table(threads: Iterable[InspectedThread], width: int) -> Table:
    table = _table(width, {"Thread, name, preview": None, "Originator, …": 18, "Created, updated": 16})
    for found in threads:
        side = Text.assemble(_side(found), f", {_size(found.size_bytes)}")
        table.add_row(
            _lines(found.thread.thread_id, *_titles(found), *_links(found)),
            _lines(found.thread.originator, found.thread.model_provider, side),
            _lines(*_times(found), f"{found.items:,} items"),
        )
    return table


def _table(width: int, columns: Mapping[str, int | None]) -> Table:
    """Return a table whose one column without a width takes what the others leave."""
    table = Table(box=None, padding=(0, 1, 1, 0), pad_edge=False, header_style="bold")
    taken = sum(wide + 1 for wide in columns.values() if wide)
    for header, wide in columns.items():
        table.add_column(header, overflow="ellipsis", no_wrap=True, width=wide or max(36, width - taken))
    return table


def _lines(*lines: str | Text) -> Text:
    return Text("\n").join(line if isinstance(line, Text) else Text(line) for line in lines if line)


def _titles(found: InspectedThread) -> Iterator[str | Text]:
    thread = found.thread
    if thread.name:
        yield Text(_one_line(thread.name), style="bold")
    if thread.preview:
        yield Text(_one_line(thread.preview))
    elif not thread.name:
        yield Text("(no user message)", style="dim")


def _links(found: InspectedThread) -> Iterator[Text]:
    for word, other in (("fork of", found.thread.forked_from_id), ("parent", found.thread.parent_thread_id)):
        if other:
            yield Text(f"{word} {other}", style="dim")


def _times(found: InspectedThread) -> tuple[str, str]:
    return _time(found.thread.created_at), _time(found.thread.updated_at)


def _side(found: InspectedThread) -> Text:
    return Text("archived", style="yellow") if found.archived else Text("active", style="green")


def _time(milliseconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):
        return str(milliseconds)


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text).rstrip()


def _grouped(problems: Iterable[Problem]) -> Iterator[str]:
    """Yield each kind of problem once, with the files that have it."""
    groups: dict[str, list[Problem]] = {}
    for problem in problems:
        groups.setdefault(problem.what, []).append(problem)
    for what, alike in groups.items():
        count = sum(problem.count for problem in alike)
        yield f"  {what if count == 1 else f'{count:,} × {what}'}"
        for problem in alike[:_FILES_NAMED]:
            yield f"    {problem.file}{f', line {problem.line}' if problem.line else ''}"
        if len(alike) > _FILES_NAMED:
            yield f"    and in {len(alike) - _FILES_NAMED} more places (--json names each)"
