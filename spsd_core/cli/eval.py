"""`spsd eval`: see `spsd_core.cli.evaluation`, which it shares with its sister command."""

from spsd_core.cli.evaluation import add_eval_parser as add_parser
from spsd_core.cli.evaluation import run_eval as run

__all__ = ["add_parser", "run"]
