"""Everything without a mouse."""

import pytest

from tests.page.articles import ARTICLE
from tests.page.browser import until

pytestmark = pytest.mark.system

ACTIVE = "document.activeElement"


def tab_to(page, test, *, most=40):
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(f"(() => {{ const one = {ACTIVE}; return {test}; }})()"):
            return
    raise AssertionError(f"{test}: not reached by Tab")


def test_from_the_skip_link_to_a_kept_correction(visitor, service):
    page = visitor.open()
    page.keyboard.press("Tab")
    assert page.evaluate(f"{ACTIVE}.id") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate(f"{ACTIVE}.id") == "main"
    tab_to(page, "one.id === 'article-text'")
    page.keyboard.insert_text(ARTICLE)
    tab_to(page, "one.type === 'submit'")
    page.keyboard.press("Enter")
    page.wait_for_selector(".paper .sentence")
    # One stop for the whole article; arrows move inside.
    tab_to(page, "one.classList.contains('sentence')")
    assert page.evaluate(f"{ACTIVE}.dataset.place") == "0"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(f"{ACTIVE}.dataset.place") == "2"
    page.keyboard.press("Home")
    assert page.evaluate(f"{ACTIVE}.dataset.place") == "0"
    page.keyboard.press("ArrowDown")
    # Enter goes to the details, Escape comes back.
    page.keyboard.press("Enter")
    assert page.evaluate(f"{ACTIVE}.classList.contains('probability')")
    page.keyboard.press("Escape")
    assert page.evaluate(f"{ACTIVE}.dataset.place") == "1"
    page.keyboard.press("1")
    until(page, "document.getElementById('live').textContent.includes('Enter')")
    page.keyboard.press("Enter")
    until(page, f"{ACTIVE}.autocomplete === 'name'")
    page.keyboard.insert_text("مريم")
    page.keyboard.press("Enter")
    page.wait_for_selector(".sentence[data-place='1'] .pencil")
    assert page.evaluate(f"{ACTIVE}.dataset.place") == "1"
    # On to another view; its heading has the focus.
    tab_to(page, "one.hash === '#compare'", most=80)
    page.keyboard.press("Enter")
    page.wait_for_selector(".view.compare")
    assert page.evaluate(f"{ACTIVE}.tagName") == "H1"


def test_focus_is_always_seen(visitor):
    page = visitor.read(ARTICLE)
    for _ in range(25):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            f"""(() => {{ const one = {ACTIVE}; if (one === document.body) return true;
            const box = one.getBoundingClientRect(); const style = getComputedStyle(one);
            const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
            return (outlined && box.width > 0) || one.id === "main"; }})()"""
        )
        assert seen, page.evaluate(f"{ACTIVE}.outerHTML.slice(0, 200)")


def test_landmarks_and_names(visitor):
    page = visitor.read(ARTICLE)
    assert page.locator("header, main, footer, nav[aria-label], aside[aria-label], article[aria-label]").count() >= 6
    assert page.locator("h1").count() == 1
    assert page.locator("nav [aria-current=page]").inner_text() == "قراءة"
    assert page.get_by_role("status").count() >= 1
