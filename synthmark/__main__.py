"""`python -m synthmark` is the command `synthmark`."""

import sys

from synthmark.cli import main

if __name__ == "__main__":
    sys.exit(main())
