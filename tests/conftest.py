"""What several test modules share."""

import pytest

from tasrih.pipeline import Labeller


@pytest.fixture(scope="session")
def labeller() -> Labeller:
    """The current release, at the precision it ships."""
    return Labeller.open()
