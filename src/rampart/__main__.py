"""`python -m rampart`: the command line."""

from __future__ import annotations

import sys


def main() -> int:
    """Exit code of the command line given in `sys.argv`."""
    from rampart.cli.main import main as run_command_line

    return run_command_line(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
