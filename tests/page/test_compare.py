"""Compare: two releases side by side, what changed marked."""

import pytest

from tests.page.articles import ARTICLE

pytestmark = pytest.mark.system


def test_changed_sentences_are_marked(visitor, service):
    first, second = (f"{one['name']} {one['version']}" for one in service.client.get("/v1/info").json()["releases"])
    page = visitor.open("compare")
    page.locator("form.ask textarea").fill(ARTICLE)
    page.locator("form.ask button[type=submit]").click()
    page.wait_for_selector("tbody tr")
    heads = page.locator("thead th").all_inner_texts()
    assert [one.strip() for one in heads[1:]] == [first, second]
    changed = page.locator("tbody tr.changed")
    # The second release gives no claim type.
    assert 2 <= changed.count() < page.locator("tbody tr").count()
    assert "تغيّر" in changed.first.inner_text()
    page.get_by_label("ما تغيّر وحده").check()
    assert page.locator("tbody tr:visible").count() == changed.count()
