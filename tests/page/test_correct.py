"""Correct: two keys change a label; who changed what stays."""

import json

import pytest

from tests.page.articles import ALLEGATION, ARTICLE, DENIAL, PLAIN
from tests.page.browser import until

pytestmark = pytest.mark.system


def reviews(service, text):
    return service.client.get("/v1/reviews", params={"text": text}).json()["reviews"]


def test_two_keys_change_a_label(visitor, service):
    page = visitor.read(ARTICLE)
    page.evaluate("localStorage.setItem('tasrih.reviewer', 'ليلى')")
    before = len(reviews(service, PLAIN))
    visitor.sentence("الوفد").focus()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.wait_for_selector(".sentence:has-text('الوفد') .pencil")
    found = reviews(service, PLAIN)
    assert len(found) == before + 1 and found[0]["stance"] == "pro_russia" and found[0]["reviewer"] == "ليلى"
    given = found[0]["given"]
    assert given["stance"] == "neutral_report" and given["release"].startswith("tasrih-base ")
    assert PLAIN == ARTICLE[found[0]["start"] : found[0]["end"]]
    # The keys were pressed on the sentence: the focus is there still.
    assert "الوفد" in page.evaluate("document.activeElement.textContent")
    # A digit of an Arabic keyboard counts, Escape takes it back.
    page.evaluate(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: '٢', bubbles: true, cancelable: true}))"
    )
    until(page, "document.querySelector('.editor input[value=western_accusation]').checked")
    page.keyboard.press("Escape")
    assert not page.locator(".editor input[value=western_accusation]").is_checked()
    assert len(reviews(service, PLAIN)) == before + 1


def test_a_name_is_asked_for_and_a_note_is_kept(visitor, service):
    page = visitor.read(ARTICLE)
    visitor.sentence("ثلاثة آلاف").focus()
    page.keyboard.press("5")
    page.keyboard.press("Enter")
    page.wait_for_selector(".editor .problem:has-text('اسمك')")
    assert page.evaluate("document.activeElement.autocomplete") == "name"
    page.keyboard.type("<b>سمير</b>")
    page.locator(".editor textarea").fill("فيها نفي ضمني")
    page.locator(".editor button[type=submit]").click()
    page.wait_for_selector(".history")
    assert set(reviews(service, ALLEGATION)[0]["claim_types"]) == {"arms_transfer_allegation", "denial"}
    shown = page.locator(".history li").first.inner_text()
    assert "<b>سمير</b>" in shown and "فيها نفي ضمني" in shown


def test_a_second_reviewer_overwrites_nothing(visitor, service):
    page = visitor.read(ARTICLE)
    for name, key in (("نور", "1"), ("هند", "3")):
        page.evaluate("name => localStorage.setItem('tasrih.reviewer', name)", name)
        page.locator(".summary").click()
        sentence = visitor.sentence("ونفى الكرملين")
        sentence.focus()
        page.keyboard.press("Escape")
        page.locator("h1").focus()
        sentence.focus()
        page.keyboard.press(key)
        with page.expect_response(lambda answer: answer.request.method == "POST" and "/v1/reviews" in answer.url):
            page.keyboard.press("Enter")
    names = [one["reviewer"] for one in reviews(service, DENIAL)]
    assert names[:2] == ["هند", "نور"]
    until(page, "document.querySelectorAll('.history > li').length >= 2")


def test_the_queue_brings_the_least_certain_first(visitor):
    page = visitor.read(ARTICLE)
    page.evaluate("localStorage.setItem('tasrih.reviewer', 'ليلى')")
    page.locator("nav a[href='#correct']").click()
    page.wait_for_selector(".queue .jump")
    texts = page.locator(".queue .jump").all_inner_texts()
    assert len(texts) == 5
    doubts = page.evaluate(
        """async () => {
          const folder = document.querySelector("script[type=module]").src.replace("app.js", "");
          const { state } = await import(folder + "state.js");
          const { ordered, doubt } = await import(folder + "queue.js");
          return ordered(state.report.sentences.filter((one) => one.stance)).map(doubt);
        }"""
    )
    assert doubts[0] == max(doubts)
    page.locator(".queue .jump").first.click()
    first = page.locator(".card .large").inner_text()
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    until(page, "words => document.querySelector('.card .large').textContent !== words", arg=first)
    assert page.locator(".queue .done").count() == 1


@pytest.mark.parametrize("format", ["csv", "jsonl", "xlsx"])
def test_reviews_are_exported(visitor, service, tmp_path, format):
    service.post("/v1/reviews", {"text": PLAIN, "stance": "neutral_report", "claim_types": [], "reviewer": "ليلى"})
    page = visitor.open("correct")
    page.locator("[data-tab=all_reviews]").click()
    page.wait_for_selector("table")
    with page.expect_download() as waiting:
        page.locator(f"[data-format={format}]").click()
    waiting.value.save_as(tmp_path / "export")
    data = (tmp_path / "export").read_bytes()
    assert waiting.value.suggested_filename == f"reviews.{format}"
    if format == "xlsx":
        assert data.startswith(b"PK")
    else:
        assert PLAIN in data.decode()
    if format == "jsonl":
        assert any(json.loads(line)["reviewer"] == "ليلى" for line in data.decode().splitlines())
