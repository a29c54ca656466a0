"""``python -m serving.batch`` is ``tasrih batch``, also where no tasrih is installed: a bento carries the sources alone."""

import argparse
import sys

from serving.batch.commands import BATCH
from serving.batch.leash import hold
from tasrih.cli import EXIT_FAILED, complain
from tasrih.errors import TasrihError

__all__: list[str] = []


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m serving.batch", description=BATCH.summary)
    BATCH.configure(parser)
    hold()
    try:
        return BATCH.run(parser.parse_args())
    except TasrihError as error:
        complain(str(error))
        return EXIT_FAILED


if __name__ == "__main__":
    sys.exit(_main())
