"""What an editor opens: dates, near-duplicates, counts, charts, the page."""

import csv
import datetime
import io
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from serving.batch.charts import lines, stacked_bar, stacked_columns
from serving.batch.dates import day_of, period_of, step_for
from serving.batch.repeats import Groups
from tasrih import cli
from tests.serving.batch.texts import row, write_jsonl

CLAIM = "اتهمت سيول موسكو بأنها تسلمت من بيونغ يانغ آلاف القذائف عبر ميناء راجين في الشهر الماضي"


@pytest.mark.parametrize(
    ("published", "day"),
    [
        ("2024-06-29", (2024, 6, 29)),
        ("2024-06-29T10:15:00+03:00", (2024, 6, 29)),
        ("السبت 29/6/2024 - 10:15", (2024, 6, 29)),
        ("٢٩/٠٦/٢٠٢٤", (2024, 6, 29)),
        ("20240629", (2024, 6, 29)),
        ("Sat, 29 Jun 2024 10:15:00 GMT", (2024, 6, 29)),
        ("2024-13-40", None),
        ("Sat, 29 Jun 99999999999999999999 10:15:00 GMT", None),
        ("أمس", None),
        (None, None),
    ],
)
def test_days_as_people_write_them(published, day):
    assert day_of(published) == (day and datetime.date(*day))


def test_periods_fit_the_span():
    first = datetime.date(2024, 1, 31)
    for days, step, period in ((3, "day", "2024-01-31"), (300, "month", "2024-01"), (9000, "year", "2024")):
        assert step_for([first, first + datetime.timedelta(days)]) == step
        assert period_of(first, step) == period


def grouped(texts, **more):
    groups = Groups(**more)
    for place, text in enumerate(texts):
        groups.add(text, ("x",), source=f"s{place % 2}", day=f"2024-01-0{1 + place % 9}", article=f"a{place}")
    return groups.most(100)


def test_near_duplicates_are_one_claim():
    other = "نفى المتحدث باسم الكرملين هذه المزاعم جملة وتفصيلا ووصفها بأنها محض افتراء"
    near = [
        CLAIM,
        CLAIM + ".",
        "و" + CLAIM,
        CLAIM.replace("الشهر الماضي", "الأسبوع الماضي"),
        "اتَّهَمَتْ" + CLAIM.removeprefix("اتهمت"),
    ]
    first, second = grouped([other, *near, other])
    assert (first.text, first.count, second.text, second.count) == (CLAIM, 5, other, 2)
    assert first.sources == {"s0", "s1"} and (first.first_day, first.last_day) == ("2024-01-02", "2024-01-06")
    assert first.articles == ["a1", "a2", "a3", "a4", "a5"]


def test_few_groups_are_held_and_the_large_ones_kept():
    rare = [f"تقرير {n} عن بناء جسر {n * 7} في حي {n * 13} القديم" for n in range(400)]
    texts = [text for one in rare for text in (one, CLAIM)]
    groups = Groups(max_groups=50)
    for text in texts:
        groups.add(text, (), source="", day="", article="a")
    assert len(groups._groups) <= 50
    assert groups.most(1)[0].count == 400 and groups.most(1)[0].text == CLAIM
    assert [one.text for one in grouped(texts, max_groups=50)] == [one.text for one in grouped(texts, max_groups=50)]


def test_charts_are_whole_and_to_scale():
    bar = ElementTree.fromstring(stacked_bar([1, 3], ["s0", "plain"]))
    assert [float(one.get("width", "")) for one in bar] == [25.0, 75.0]
    columns = ElementTree.fromstring(stacked_columns(["<a>", "b"], [[1, 1], [0, 0]], ["s0", "plain"]))
    heights = [float(one.get("height", "")) for one in columns.findall("rect")]
    assert heights[0] == heights[1] == pytest.approx(91) and heights[2:] == [0, 0]
    chart = ElementTree.fromstring(lines(["a", "b"], [[0, 7]], ["c0"]))
    assert [float(one.get("cy", "")) for one in chart.findall("circle")] == [
        194.0,
        pytest.approx(194 - 182 * 0.7, abs=0.1),
    ]
    for empty in (stacked_columns([], [], []), lines([], [[]], ["c0"]), stacked_bar([0], ["s0"])):
        ElementTree.fromstring(empty)


class _Outside(HTMLParser):
    """Gathers what a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag in ("script", "link", "img", "iframe"):
            self.found.append(tag)
        self.found += [f"{name}={value}" for name, value in attrs if name in ("src", "href", "onload", "onclick")]


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("summary")
    rows = [row(n, source="<b>وكالة</b>" if n % 2 else "قناة") for n in range(8)]
    rows += [row(1, published=None, source=None), {"id": "<i>", "text": "Latin"}]
    path = write_jsonl(folder / "a.jsonl", rows)
    assert cli.main(["batch", str(path), "--output", str(folder / "out"), "--max-error-rate", "0.5"]) == 0
    return folder / "out"


def table(out, name):
    data = (out / "summary" / f"{name}.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_the_page_needs_nothing_from_outside_and_runs_nothing(out):
    page = (out / "summary.html").read_text(encoding="utf-8")
    outside = _Outside()
    outside.feed(page)
    assert outside.found == [] and "http" not in page and "url(" not in page and "@import" not in page
    assert "<b>وكالة" not in page and "&lt;b&gt;وكالة" in page
    for text in ("المواقف بحسب المصدر", "Stance by source", "الاتهامات والنفي عبر الزمن", "Most repeated claims"):
        assert text in page
    for svg in re.findall(r"<svg.*?</svg>", page, re.S):
        ElementTree.fromstring(svg)


def test_the_tables_add_up(out):
    sources, periods, claims = table(out, "sources"), table(out, "time"), table(out, "claims")
    assert {one["source"]: one["articles"] for one in sources} == {"قناة": "4", "<b>وكالة</b>": "4", "": "1"}
    stances = ("pro_russia", "western_accusation", "neutral_report")
    for one in (*sources, *periods):
        assert sum(int(one[name]) for name in stances) == int(one["sentences"])
    assert sum(int(one["articles"]) for one in periods) == 8
    assert [one["period"] for one in periods] == sorted(one["period"] for one in periods)
    # Three articles deny in the same words.
    assert int(claims[0]["count"]) >= 3 and claims[0]["claim_types"]
    assert table(out, "errors") == [{"code": "not_arabic", "rows": "1"}]
