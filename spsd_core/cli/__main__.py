"""`python -m spsd_core.cli`."""

import sys

from spsd_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
