"""Read: an article in, its sentences with what they voice."""

import json

import pytest

from tests.page.articles import ALLEGATION, ARTICLE, DENIAL, HEADLINE, HTML, PLAIN, PRAISE, ROWS

pytestmark = pytest.mark.system


def labels(service):
    info = service.client.get("/v1/info").json()["labels"]
    return {one["name"]: one for one in info["stances"] + info["claims"]}


def test_an_article_appears_as_an_article(visitor, service):
    page = visitor.read(ARTICLE)
    assert HEADLINE.rpartition(" ")[0] in page.locator(".paper h2.headline").inner_text()
    assert page.locator(".paper > p").count() == 2
    names = labels(service)
    allegation = visitor.sentence("ثلاثة آلاف")
    assert "s1" in allegation.get_attribute("class")
    assert names["western_accusation"]["arabic"] in allegation.text_content()
    assert allegation.locator(".mark").inner_text().endswith(names["arms_transfer_allegation"]["arabic"])
    # A sign stands beside the tint; a neutral sentence has neither.
    assert allegation.locator(".sign").inner_text() == "◆"
    assert visitor.sentence("الوفد").locator(".sign").count() == 0
    furniture = page.locator(".paper details.furniture")
    assert not furniture.locator("p").first.is_visible()
    furniture.locator("summary").click()
    assert "فيسبوك" in furniture.inner_text()


def test_a_sentence_voices_a_position_and_names_come_from_the_release(visitor, service):
    page = visitor.read(ARTICLE)
    names = labels(service)
    for label in names.values():
        assert label["arabic"] in page.locator("main").inner_text()
    page.locator("#language").click()
    shown = page.locator("main").inner_text()
    assert all(label["english"] in shown for label in names.values()) and "pro-Russian" not in shown


def test_the_summary_leads_to_the_sentence(visitor):
    page = visitor.read(ARTICLE)
    jump = page.locator(".summary details.c0 .jump", has_text="ثلاثة آلاف")
    jump.click()
    assert page.evaluate("document.activeElement.textContent").find("ثلاثة آلاف") >= 0
    assert page.locator(".sentence[aria-current]").count() == 1
    assert page.locator(".shares b").all_inner_texts()


def test_why_names_its_method_and_the_words_that_carried(visitor):
    page = visitor.read(ARTICLE)
    visitor.sentence("ونفى الكرملين").hover()
    page.wait_for_selector(".why .method")
    assert "occlusion" in page.locator(".why .method").inner_text()
    page.wait_for_selector(".why-words bdi")
    carried = page.locator(".why-words bdi").all_inner_texts()
    assert "الكرملين" in carried and page.locator(".why mark.w4.for").count() >= 1
    # Another label, other words.
    page.locator(".probability[data-label=neutral_report]").click()
    page.wait_for_selector(".why h3:has-text('محايد')")
    page.wait_for_selector(".why-words .against")
    probabilities = page.locator(".probability").all_inner_texts()
    assert len(probabilities) == 5 and all("%" in one for one in probabilities)


def test_a_passing_pointer_does_not_take_away_what_was_chosen(visitor):
    page = visitor.read(ARTICLE)
    visitor.sentence("ثلاثة آلاف").click()
    visitor.sentence("الوفد").hover()
    page.wait_for_selector(".why .method")
    assert "حاوية" in page.locator(".why-text").inner_text()


@pytest.mark.parametrize("suffix", ["txt", "html", "csv", "jsonl", "cp1256.txt"])
def test_files_are_read(visitor, tmp_path, suffix):
    path = tmp_path / f"desk.{suffix}"
    text = {
        "txt": ARTICLE,
        "cp1256.txt": ARTICLE,
        "html": HTML,
        "csv": "id,text,source\n" + "".join(f'{row["id"]},"{row["text"]}",{row["source"]}\n' for row in ROWS),
        "jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS),
    }[suffix]
    path.write_text(text, encoding="cp1256" if "1256" in suffix else "utf-8")
    page = visitor.open()
    page.set_input_files("#article-files", path)
    page.wait_for_selector(".paper .sentence")
    assert HEADLINE.rpartition(" ")[0] in page.locator(".paper h2.headline").inner_text()
    if suffix == "html":
        assert "ميناء راجين" in page.locator(".paper figure.caption").inner_text()
        assert page.locator(".paper img").count() == 0
    if suffix in ("csv", "jsonl"):
        assert "وكالة الشمال" in page.locator(".bar-top").inner_text()
        page.locator(".steps button").nth(1).click()
        page.wait_for_selector(".sentence:has-text('الوفد التجاري')")
        assert "desk-2" in page.locator(".bar-top").inner_text()


def test_the_labelled_article_is_saved(visitor, tmp_path):
    page = visitor.read(ARTICLE)
    saved = {}
    for suffix in ("CSV", "JSONL"):
        with page.expect_download() as waiting:
            page.locator(".summary").get_by_role("button", name=suffix, exact=True).click()
        waiting.value.save_as(tmp_path / suffix)
        saved[suffix] = (tmp_path / suffix).read_text(encoding="utf-8")
    assert saved["CSV"].startswith("\ufeff") and ALLEGATION in saved["CSV"]
    rows = [json.loads(line) for line in saved["JSONL"].splitlines()]
    assert [row["text"] for row in rows] == [HEADLINE, ALLEGATION, DENIAL, PRAISE, PLAIN]


def test_what_cannot_be_read_is_said_in_the_readers_language(visitor):
    page = visitor.open()
    page.locator("#article-text").fill("No Arabic here at all.")
    page.locator("form.ask button[type=submit]").click()
    page.wait_for_selector(".problem:has-text('حرف عربي')")
    assert page.locator("#article-text").input_value() == "No Arabic here at all."


def test_language_is_remembered_and_turns_the_page(visitor):
    page = visitor.open()
    assert page.evaluate("[document.documentElement.dir, document.documentElement.lang]") == ["rtl", "ar"]
    page.locator("#language").click()
    assert page.evaluate("document.documentElement.dir") == "ltr"
    page.reload()
    page.wait_for_selector("html[data-ready=true]")
    assert page.evaluate("document.documentElement.lang") == "en" and page.title() == "Read · tasrih"
