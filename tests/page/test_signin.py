"""A service locked with keys: the form, a cookie that no script reads, and out again."""

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

from tests.page.articles import ARTICLE
from tests.serving.server import Server

pytestmark = pytest.mark.system

KEY = "a-key-of-the-desk-0001"


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    with Server(api_keys=KEY, state_folder=str(tmp_path_factory.mktemp("locked"))) as running:
        yield running.wait_ready()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_key_opens_it_and_signing_out_closes_it(visitors, locked, dark):
    visitor = visitors(locked.url, dark=dark)
    page = visitor.open()
    assert page.locator("nav").count() == 0 and page.evaluate("document.activeElement.type") == "password"
    found = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    assert found == []
    page.keyboard.insert_text("not the key of anyone")
    page.keyboard.press("Enter")
    page.wait_for_selector(".problem:has-text('ليس هذا مفتاح')")
    page.locator("input[type=password]").fill(KEY)
    page.keyboard.press("Enter")
    page.wait_for_selector("nav")
    visitor.read(ARTICLE)
    (cookie,) = visitor.context.cookies()
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict" and KEY not in cookie["value"]
    assert page.evaluate("document.cookie") == "" and page.evaluate(f"!JSON.stringify(localStorage).includes('{KEY}')")
    page.get_by_role("button", name="خروج").click()
    page.wait_for_selector("input[type=password]")
    assert page.locator(".paper").count() == 0


def test_a_session_that_ends_brings_the_form_back(visitors, locked):
    visitor = visitors(locked.url)
    page = visitor.open()
    page.locator("input[type=password]").fill(KEY)
    page.keyboard.press("Enter")
    page.wait_for_selector("#article-text")
    visitor.context.clear_cookies()
    page.locator("#article-text").fill(ARTICLE)
    page.locator("form.ask button[type=submit]").click()
    page.wait_for_selector("input[type=password]")
