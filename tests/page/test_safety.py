"""Hostile articles, and that nothing leaves: of each visitor it is asserted that no script failed and no request left."""

import pytest

from tests.page.articles import ARTICLE, HOSTILE, LONG, RLO
from tests.page.browser import until

pytestmark = pytest.mark.system


def test_markup_in_an_article_stays_text(visitor):
    page = visitor.read(HOSTILE)
    assert page.evaluate("window.stolen") is None
    assert page.locator(".paper script, .paper img, .paper svg, .paper b").count() == 0
    assert "onerror" in page.locator(".paper").inner_text()
    # In the details, the summary, the corrections and the comparison, too.
    for sentence in page.locator(".paper .sentence").all():
        sentence.focus()
        page.wait_for_selector(".why .method, .why .faint")
    for view in ("correct", "compare", "many", "read"):
        page.locator(f"nav a[href='#{view}']").click()
        page.wait_for_selector(f".view.{view}")
    assert page.evaluate("window.stolen") is None


def test_marks_that_reorder_are_shown_and_do_nothing(visitor):
    page = visitor.read(HOSTILE)
    shown = page.locator(".paper").inner_text()
    assert RLO not in page.locator("body").evaluate("one => one.textContent")
    assert "RLO" in shown and "LRI" in shown
    # Each sentence is an island: no letter of a neighbour is moved.
    assert page.locator(".paper .sentence").first.evaluate("one => getComputedStyle(one).unicodeBidi") == "isolate"


def test_a_word_without_end_does_not_widen_the_page(visitors):
    for size in ((390, 844), (1440, 900)):
        visitor = visitors(size=size)
        page = visitor.read(HOSTILE)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size


def test_markup_in_names_stays_text(visitor, tmp_path):
    path = tmp_path / "desk.jsonl"
    path.write_text(
        '{"id": "<img src=x onerror=window.stolen=1>", "source": "<script>window.stolen=1</script>\\u202e", "text": "'
        + ARTICLE.replace("\n", "\\n")
        + '"}\n',
        encoding="utf-8",
    )
    page = visitor.open()
    page.set_input_files("#article-files", path)
    page.wait_for_selector(".paper .sentence")
    assert "<script>" in page.locator(".bar-top").inner_text() and page.locator("main img, main script").count() == 0
    assert page.evaluate("window.stolen") is None


def test_a_hundred_thousand_characters_are_read(visitor):
    assert len(LONG) == 100_000
    page = visitor.read(LONG)
    assert page.locator(".paper .sentence").count() > 700
    page.locator(".paper .sentence").nth(400).click()
    page.wait_for_selector(".why .method")
    began = page.evaluate("performance.now()")
    page.keyboard.press("ArrowDown")
    until(page, "document.activeElement.dataset.place === '401'")
    assert page.evaluate("performance.now()") - began < 5000


def test_nothing_of_an_article_is_kept_in_the_browser(visitor):
    page = visitor.read(ARTICLE)
    page.locator("#language").click()
    assert page.evaluate("Object.keys(localStorage)") == ["tasrih.language"]
    assert page.evaluate("[sessionStorage.length, document.cookie]") == [0, ""]
