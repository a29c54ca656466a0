"""Makes the pictures of docs/page.md: ``python -m tests.page.pictures [URL]``. Needs Chromium, and Pillow to make them small."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.page.browser import ARGUMENTS, CHROMIUM, DESKTOP, PHONE, Visitor, visit
from tests.serving.server import ROOT, Server

FOLDER = ROOT / "docs" / "images" / "page"
SHOTS = (
    ("read-desktop-light", "read", DESKTOP, False),
    ("read-phone-dark", "read", PHONE, True),
    ("correct-desktop-dark", "correct", DESKTOP, True),
    ("compare-phone-light", "compare", PHONE, False),
)


def take(visitor: Visitor, view: str) -> None:
    """Bring a view to where it tells most."""
    page = visitor.open()
    if view in ("read", "correct", "compare"):
        page.get_by_role("button", name="مثال").click()
        page.locator("form.ask button[type=submit]").click()
        page.wait_for_selector(".paper .sentence")
    if view == "read":
        visitor.sentence("ونفى المتحدث").click()
        page.wait_for_selector(".why .method")
    elif view == "correct":
        page.evaluate("localStorage.setItem('tasrih.reviewer', 'ليلى')")
        page.locator("nav a[href='#correct']").click()
        page.wait_for_selector(".card .why .method")
    else:
        page.locator(f"nav a[href='#{view}']").click()
        page.locator("form.ask button[type=submit]").click()
        page.wait_for_selector("tbody")
        page.locator("main h2").scroll_into_view_if_needed()
        page.evaluate("scrollTo(0, document.querySelector('main h2').offsetTop - 110)")
    page.wait_for_timeout(300)


def main(url: str) -> None:
    from PIL import Image

    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, view, size, dark in SHOTS:
            visitor = visit(browser, url, size=size, dark=dark)
            take(visitor, view)
            path = FOLDER / f"{name}.png"
            visitor.page.screenshot(path=path)
            visitor.context.close()
            # Colours enough for letters and tints, at a third of the bytes.
            Image.open(path).convert("RGB").quantize(256, kmeans=2, dither=Image.Dither.NONE).save(path, optimize=True)
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        from tests.page.conftest import stricter_release

        with tempfile.TemporaryDirectory() as folder:
            second = stricter_release(Path(folder))
            with Server(compare_model=str(second), state_folder=f"{folder}/state") as running:
                main(running.wait_ready().url)
