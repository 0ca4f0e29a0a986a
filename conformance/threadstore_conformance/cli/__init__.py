"""The command line: ``threadstore COMMAND``, one module a command.

Other packages add commands through the entry-point group ``threadstore.commands``.
"""

from __future__ import annotations

import sys

_NEEDED = "the threadstore command needs the extra [suite]: python -m pip install 'threadstore[suite]'"


def main() -> None:
    """Run the command line; exit 3 on a usage error, 130 when interrupted."""
    try:
        import click
        import rich  # noqa: F401  # looked for here, so that one sentence names what is missing
    except ImportError:
        print(_NEEDED, file=sys.stderr)
        sys.exit(3)
    from .group import cli

    try:
        sys.exit(cli.main(standalone_mode=False) or 0)
    except click.exceptions.Abort:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(3)
