"""One browser, one service, and a visitor for each test, of whom nothing may have gone wrong."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tasrih.release import digest
from tests.page.browser import ARGUMENTS, CHROMIUM, Visitor, visit
from tests.serving.second import second_release
from tests.serving.server import Server


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    # No longer than this package: while playwright runs, its event loop is the thread's, and other tests start their own.
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


def stricter_release(folder: Path) -> Path:
    """A second release that hardly ever gives a claim type, so that labels differ."""
    target = second_release(folder)
    path = target / "release.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    facts["calibration"]["thresholds"] = dict.fromkeys(facts["calibration"]["thresholds"], 0.9999)
    facts["digest"] = digest(facts)
    path.write_text(json.dumps(facts), encoding="utf-8")
    return target


@pytest.fixture(scope="package")
def service(tmp_path_factory) -> Iterator[Server]:
    """With a second release, and reviews and archives of its own."""
    folder = tmp_path_factory.mktemp("page")
    with Server(compare_model=str(stricter_release(folder)), state_folder=str(folder / "state")) as running:
        yield running.wait_ready()


@pytest.fixture
def visitors(browser: Browser, service: Server) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors; at the end all of them must have seen no fault, and have stayed at home."""
    made: list[Visitor] = []

    def make(url: str = service.url, **options: Any) -> Visitor:
        made.append(visit(browser, url, **options))
        return made[-1]

    yield make
    for one in made:
        one.context.close()
    assert [one.faults for one in made if one.faults] == []
    assert [one.abroad for one in made if one.abroad] == []


@pytest.fixture
def visitor(visitors: Callable[..., Visitor]) -> Visitor:
    return visitors()
