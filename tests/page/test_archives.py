"""Check many: an archive up, its sentences filtered, and exported."""

import json

import pytest

from tests.page.articles import ALLEGATION, DENIAL, ROWS
from tests.page.browser import until

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def uploaded(tmp_path_factory):
    path = tmp_path_factory.mktemp("upload") / "أرشيف المكتب.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS), encoding="utf-8")
    return path


def opened(visitor, path):
    """Upload it, wait until it is labelled, open it."""
    page = visitor.open("many")
    if not page.locator(".archive").count():
        page.wait_for_selector(".archive, .empty")
    if not page.locator(".archive").count():
        page.set_input_files("#archive-file", path)
    page.wait_for_selector(".archive .status.complete", timeout=300_000)
    page.locator(".archive a[href^='#many/']").first.click()
    page.wait_for_selector(".archive-view tbody tr")
    return page


def count(page):
    return page.locator(".archive-view tbody tr").count()


def test_an_archive_is_labelled_and_filtered(visitor, uploaded):
    page = opened(visitor, uploaded)
    assert "أرشيف المكتب" in page.locator("h1").inner_text()
    everything = count(page)
    assert everything == 6
    page.locator(".filters select").nth(1).select_option("denial")
    until(page, "n => document.querySelectorAll('tbody tr').length < n", arg=everything)
    assert DENIAL in page.locator("tbody").inner_text()
    page.locator(".filters select").nth(1).select_option("")
    until(page, "n => document.querySelectorAll('tbody tr').length === n", arg=everything)
    page.locator(".filters input[type=date]").first.fill("2026-11-01")
    until(page, "n => document.querySelectorAll('tbody tr').length < n", arg=everything)
    assert ALLEGATION not in page.locator("tbody").inner_text()
    page.locator(".filters input[type=date]").first.fill("")
    until(page, "n => document.querySelectorAll('tbody tr').length === n", arg=everything)
    page.locator(".filters input[type=text]").fill("وكالة الشمال")
    page.keyboard.press("Enter")
    until(page, "n => document.querySelectorAll('tbody tr').length < n", arg=everything)
    assert ALLEGATION in page.locator("tbody").inner_text()
    assert "صحيفة الجنوب" not in page.locator("tbody").inner_text()


@pytest.mark.parametrize("format", ["csv", "jsonl", "xlsx"])
def test_what_is_filtered_is_exported(visitor, uploaded, tmp_path, format):
    page = opened(visitor, uploaded)
    page.locator(".filters select").nth(1).select_option("denial")
    until(page, "document.querySelectorAll('tbody tr').length < 6")
    with page.expect_download() as waiting:
        page.locator(f"[data-format={format}]").click()
    waiting.value.save_as(tmp_path / "export")
    data = (tmp_path / "export").read_bytes()
    if format == "xlsx":
        assert data.startswith(b"PK")
    else:
        assert DENIAL in data.decode() and ALLEGATION not in data.decode()


def test_its_summary_opens(visitor, uploaded):
    page = opened(visitor, uploaded)
    with page.expect_popup() as waiting:
        page.locator("a[href$='summary.html']").click()
    waiting.value.wait_for_load_state()
    assert waiting.value.url.endswith("/summary.html") and "tasrih" in waiting.value.content()


def test_its_sentences_are_corrected_in_the_order_of_need(visitor, uploaded, service):
    page = opened(visitor, uploaded)
    page.evaluate("localStorage.setItem('tasrih.reviewer', 'ليلى')")
    page.locator("a[href^='#correct/']").click()
    page.wait_for_selector(".queue .jump")
    page.locator(".queue .jump").first.click()
    text = page.locator(".card .large").inner_text()
    page.keyboard.press("2")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press("Enter")
    found = service.client.get("/v1/reviews", params={"text": text}).json()["reviews"]
    assert found[0]["stance"] == "western_accusation" and found[0]["article_id"].startswith("desk-")
