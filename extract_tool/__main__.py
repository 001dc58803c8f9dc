"""`python -m extract_tool` is the command `synthmark-extract`."""

import sys

from extract_tool.cli import main

if __name__ == "__main__":
    sys.exit(main())
