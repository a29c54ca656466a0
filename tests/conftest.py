"""What several test modules share."""

import pytest
from hypothesis import settings

from tasrih.pipeline import Labeller

# No timing is asserted: a busy machine takes its time.
settings.register_profile("tasrih", deadline=None)
settings.load_profile("tasrih")


@pytest.fixture(scope="session")
def labeller() -> Labeller:
    """The current release, at the precision it ships."""
    return Labeller.open()
