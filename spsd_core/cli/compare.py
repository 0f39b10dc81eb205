"""`spsd compare`: see `spsd_core.cli.evaluation`, which it shares with its sister command."""

from spsd_core.cli.evaluation import add_compare_parser as add_parser
from spsd_core.cli.evaluation import run_compare as run

__all__ = ["add_parser", "run"]
