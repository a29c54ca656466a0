"""Pages in the manners of many sites, each beside what every line of it is; and what holds of any text at all.

`tests/pages/NAME.gold.tsv` gives for NAME.txt or NAME.html, in order, a kind and a line. All of it was composed for these tests.
"""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasrih.article import read_article
from tasrih.types import Article, Document, Kind

PAGES = Path(__file__).parent / "pages"
EXAMPLES = Path(__file__).parent.parent / "examples"
LEAST_SHARE_DROPPED = 0.95


def gold_of(path: Path) -> list[tuple[Kind, str]]:
    lines = path.with_suffix("").with_suffix(".gold.tsv").read_text(encoding="utf-8").splitlines()
    return [(Kind(kind), text.strip()) for kind, _, text in (line.partition("\t") for line in lines)]


def article_of(path: Path) -> Article:
    return read_article(Document(text=path.read_text(encoding="utf-8"), is_html=path.suffix == ".html"))


def kinds_of(text: str, *, is_html: bool = False) -> list[tuple[str, str]]:
    article = read_article(Document(text=text, is_html=is_html))
    return [(line.kind.value, article.text[line.start : line.end]) for line in article.lines]


def body_of(text: str, *, is_html: bool = False) -> list[str]:
    return [line for kind, line in kinds_of(text, is_html=is_html) if kind != "boilerplate"]


def verdicts(path: Path) -> list[tuple[Kind, str, Kind | None]]:
    """What each line of a page is, and what it was taken for: None where extraction left it out."""
    article = article_of(path)
    found = []
    position = 0
    for kind, text in gold_of(path):
        at = article.text.find(text, position)
        line = next((line for line in article.lines if line.start <= at < line.end), None) if at >= 0 else None
        if line and path.suffix == ".html" and article.text[line.start : line.end] != text and kind is Kind.BOILERPLATE:
            line = None  # a button's words may stand in a paragraph, too
        found.append((kind, text, line.kind if line else None))
        position = at + len(text) if line else position
    return found


TEXT_PAGES = sorted(PAGES.glob("*.txt"))
HTML_PAGES = sorted(PAGES.glob("*.html"))


@pytest.mark.parametrize("path", TEXT_PAGES + HTML_PAGES, ids=lambda path: path.name)
def test_no_line_of_the_article_is_lost(path):
    for kind, text, taken_for in verdicts(path):
        if kind is not Kind.BOILERPLATE:
            assert taken_for not in (None, Kind.BOILERPLATE), text


@pytest.mark.parametrize("path", TEXT_PAGES + HTML_PAGES, ids=lambda path: path.name)
def test_the_headline_is_found(path):
    for kind, text, taken_for in verdicts(path):
        assert (taken_for is Kind.HEADLINE) == (kind is Kind.HEADLINE), text


def test_nearly_all_furniture_goes():
    dropped = [
        taken_for in (None, Kind.BOILERPLATE)
        for path in TEXT_PAGES + HTML_PAGES
        for kind, _, taken_for in verdicts(path)
        if kind is Kind.BOILERPLATE
    ]
    assert len(dropped) > 400
    assert sum(dropped) / len(dropped) >= LEAST_SHARE_DROPPED


def test_captions_are_told_from_paragraphs():
    found = [verdict for path in TEXT_PAGES + HTML_PAGES for verdict in verdicts(path) if verdict[0] is Kind.CAPTION]
    assert len(found) >= 10
    assert sum(taken_for is Kind.CAPTION for _, _, taken_for in found) >= 0.8 * len(found)


def test_a_line_alone_is_no_furniture():
    assert kinds_of("سياسة") == [("body", "سياسة")]
    assert kinds_of("نفى الكرملين ذلك.\n") == [("body", "نفى الكرملين ذلك.")]


def test_a_text_without_a_page_is_headline_and_body():
    text = "موسكو ترد على سيول\nقالت موسكو إنها لن تغير سياستها تجاه بيونغ يانغ.\nولم ترد سيول."
    assert [kind for kind, _ in kinds_of(text)] == ["headline", "body", "body"]


def test_the_first_line_is_no_headline_where_it_ends_as_a_sentence():
    text = "وصل الوفد صباحا.\nوقالت موسكو إن المحادثات ستستمر يومين في مقر الوزارة."
    assert [kind for kind, _ in kinds_of(text)] == ["body", "body"]


PARAGRAPH = "قالت الوزارة إن الوفد سيبقى في المدينة ثلاثة أيام، وإنه سيزور المصنع الجديد."


@pytest.mark.parametrize(
    "line",
    [
        "تقرير: روسيا تتسلم قذائف من كوريا الشمالية",
        "مصدر: موسكو لن توقع الاتفاق",
        "قرار أممي جديد: بيونغ يانغ ترفض",
        "صوّت البرلمان على تعليق العضوية.",
        "لم يستغرق اللقاء سوى دقيقة واحدة.",
        "تبقى روسيا حليفا لكوريا الشمالية",
        "وتدعو المنظمة إلى احترام جميع الحقوق.",
        "هذا الموقع يستخدم لتخزين الصواريخ.",
        "ونقلت الوكالة ذلك دون ذكر المصدر.",
        "كتب بوتين رسالة إلى كيم",
        "لا تعليق",
        "اشترك الجيشان في مناورة بحرية",
        "أخبار سارة من بيونغ يانغ",
        "سيول (يونهاب) - قالت الرئاسة إن الشمال أطلق صاروخا",
        "زيارة ثالثة؟",
        "الحرب في أوكرانيا",
        "13 مايو: سقوط صاروخ",
        "أمل ضعيف",
        "شاهد عيان: رأيت القطار",
    ],
)
def test_between_paragraphs_what_may_be_a_sentence_stays(line):
    assert line in body_of(f"عنوان الخبر عن الوفد الزائر\n{PARAGRAPH}\n{line}\n{PARAGRAPH} ثم عاد.\n")


@pytest.mark.parametrize(
    "marker", ["اقرأ أيضاً", "إقرأ أيضا :", "شاهد أيضاً", "اقرا أيضا:", "قد يهمك أيضا", "أخبار ذات صلة"]
)
@pytest.mark.parametrize("gap", ["\n", "\n\n", "\n \n\n"])
def test_a_link_between_paragraphs_goes_and_the_next_paragraph_stays(marker, gap):
    link = "جسر خشبي طويل يفتتح في شمال النرويج"
    lines = ["عنوان الخبر عن الوفد الزائر", PARAGRAPH, marker, link, "ورفضت السفارة التعليق على الزيارة.", PARAGRAPH]
    kept = body_of(gap.join(lines))
    assert kept == [lines[0], PARAGRAPH, lines[4], PARAGRAPH]


def test_a_link_stuck_to_the_end_of_a_paragraph_is_cut_off():
    text = f"عنوان الخبر عن الوفد الزائر\n{PARAGRAPH} اقرأ أيضا: جسر خشبي يفتتح في النرويج\n{PARAGRAPH}"
    assert body_of(text) == ["عنوان الخبر عن الوفد الزائر", PARAGRAPH, PARAGRAPH]


COMPOSED = [line.split("\t") for line in (PAGES / "lines.tsv").read_text(encoding="utf-8").splitlines()]
ASKED = "ورفضت السفارة أن تقول متى يعود الوفد إلى بلاده."


@pytest.mark.parametrize("line", [line for kind, line in COMPOSED if kind == "furniture"])
def test_composed_furniture_between_paragraphs_goes(line):
    head = ["عنوان الخبر عن الوفد الزائر", PARAGRAPH, ASKED]
    assert body_of("\n".join([*head, line, f"{PARAGRAPH} ثم عاد."])) == [*head, f"{PARAGRAPH} ثم عاد."]


@pytest.mark.parametrize("line", [line for kind, line in COMPOSED if kind == "body"])
def test_composed_lines_that_speak_of_such_things_stay(line):
    lines = ["عنوان الخبر عن الوفد الزائر", PARAGRAPH, ASKED, line, f"{PARAGRAPH} ثم عاد."]
    assert body_of("\n".join(lines)) == lines


HEADLINE = "موسكو ترد على العقوبات الأميركية"
OURS = [
    "قالت موسكو الاثنين إنها سترد على العقوبات الأميركية التي طالت مصارف روسية كبرى.",
    "وأضافت الوزارة أن الرد سيشمل قيودا على صادرات المعادن إلى الولايات المتحدة.",
]
SECTION = [
    "عقوبات أميركية جديدة على شركات صينية",
    "فرضت واشنطن اليوم الثلاثاء عقوبات جديدة على شركات صينية تتهمها بتزويد روسيا برقائق إلكترونية.",
    "وقالت وزارة الخزانة الأميركية إن الشركات الصينية ساعدت مصارف روسية على تمويل الصفقات.",
    "ونفت بكين ذلك ووصفت العقوبات بأنها غير مشروعة.",
]


@pytest.mark.parametrize(
    "amid",
    [
        ["المصدر: رويترز"],
        ["التعليقات"],
        ["الاسم: سو-57"],
        ["اقرأ أيضا: جسر خشبي يفتتح في النرويج", "ناقلة روسية في الميناء - رويترز"],
        ["الوسوم", "روسيا", "عقوبات"],
    ],
)
def test_what_looks_like_an_end_amid_the_article_ends_nothing(amid):
    kept = body_of("\n".join([HEADLINE, *OURS, *amid, *SECTION]))
    assert [line for line in kept if line not in amid] == [HEADLINE, *OURS, *SECTION]


@pytest.mark.parametrize(
    "lines",
    [
        [
            "سؤال:",
            SECTION[1],
            "لافروف:",
            SECTION[2],
            "سؤال:",
            "هل من رد؟",
            "لافروف:",
            "نعم.",
            "سؤال:",
            "متى؟",
            "لافروف:",
        ],
        ["24 فبراير 2022", SECTION[1], "12 مارس 2022", SECTION[2], "2023", SECTION[3]],
        ["2022", SECTION[1], "2023", SECTION[2]],
        ["صواريخ تسقط قرب المحطة", "10:30", SECTION[1], "كييف ترفض العرض الروسي الجديد", "12:10", SECTION[2]],
    ],
    ids=["transcript", "dates", "years", "live"],
)
def test_structure_between_paragraphs_stays(lines):
    page = [HEADLINE, *OURS, *lines, f"{OURS[0]} ثم عادت.", OURS[1]]
    assert body_of("\n".join(page)) == page


def test_a_date_alone_between_paragraphs_is_furniture():
    assert body_of("\n".join([HEADLINE, OURS[0], OURS[1], "24 فبراير 2022", *SECTION[1:]])) == [
        HEADLINE,
        *OURS,
        *SECTION[1:],
    ]


def test_demands_that_close_an_article_stay():
    page = [HEADLINE, *OURS, *SECTION[1:], "وقف إطلاق النار", "رفع العقوبات", "الإفراج عن الأسرى"]
    assert body_of("\n".join(page)) == page


@pytest.mark.parametrize("before", [f"{OURS[1]} ", ""])
def test_the_sentence_behind_an_inline_link_stays(before):
    answer = "وأكد بوتين أن بلاده سترد بالمثل."
    line = f"{before}اقرأ أيضاً: جسر خشبي طويل يفتتح في شمال النرويج. {answer}"
    kept = body_of("\n".join([HEADLINE, OURS[0], line, *SECTION[1:]]))
    assert kept == [HEADLINE, OURS[0], *([OURS[1]] if before else []), answer, *SECTION[1:]]


@pytest.mark.parametrize(
    "rest",
    [
        '<div style="display:none">{}</div>',
        "<div hidden>{}</div>",
        "<noscript>{}</noscript>",
    ],
)
def test_the_collapsed_rest_of_an_article_stays(rest):
    seen, folded = ("".join(f"<p>{line}</p>" for line in lines) for lines in (OURS, SECTION[1:]))
    window = "<div hidden><p>نافذة طويلة تشرح لمن يريد كيف يستعيد كلمة المرور إلى حسابه الشخصي.</p></div>"
    html = f"<html><body><article><h1>{HEADLINE}</h1>{seen}{rest.format(folded)}</article>{window}</body></html>"
    assert body_of(html, is_html=True) == [HEADLINE, *OURS, *SECTION[1:]]


def test_offsets_count_unseen_characters_and_any_line_break():
    text = "\ufeffعـنـوان\u200f الخبر\u00a0هنا\r\n\r\n\tقال\u200b الوزير إن الوفد عاد.\u2028\x0cوعاد.\u00a0\u202e\n"
    article = read_article(Document(text=text))
    assert article.offsets_of == "input"
    assert article.text == text
    assert [text[line.start : line.end] for line in article.lines] == [
        "\ufeffعـنـوان\u200f الخبر\u00a0هنا",
        "قال\u200b الوزير إن الوفد عاد.",
        "وعاد.\u00a0\u202e",
    ]


TEXTS = st.one_of(
    st.text(max_size=300),
    st.lists(
        st.one_of(
            st.text(alphabet='ابت ثجحخ.؟!…"»:-|/#*0123\u0640\u064b\u200f\u00a0\t\n\r\u2028', max_size=60),
            st.sampled_from([text for path in TEXT_PAGES for _, text in gold_of(path)]),
        ),
        max_size=40,
    ).map("\n".join),
)


@given(TEXTS, st.booleans())
def test_lines_cover_the_text_in_order_without_edges_of_white_space(text, is_html):
    article = read_article(Document(text=text, is_html=is_html))
    assert is_html or article.text == text
    covered: set[int] = set()
    end = 0
    for line in article.lines:
        assert end <= line.start < line.end <= len(article.text)
        piece = article.text[line.start : line.end]
        assert piece == piece.strip()
        covered.update(range(line.start, line.end))
        end = line.end
    assert all(at in covered for at, character in enumerate(article.text) if not character.isspace())
    assert sum(line.kind is Kind.HEADLINE for line in article.lines) <= 1


@given(
    st.lists(
        st.sampled_from(
            ["<p>", "</p>", "<div class='nav'>", "</div>", "<h1>", "<br>", "<", ">", "قال ", "نص. ", "&#1575;"]
        )
    )
)
def test_any_markup_is_read(parts):
    article = read_article(Document(text="".join(parts), is_html=True))
    assert all(article.text[line.start : line.end].strip() for line in article.lines)


@given(
    st.lists(
        st.sampled_from(
            ["قال الوزير إن الوفد عاد إلى العاصمة أمس.", "ونفى السفير ذلك مساء اليوم.", "ولم ترد سيول على الرسالة."]
        ),
        min_size=1,
    )
)
def test_sentences_alone_all_stay(sentences):
    assert body_of("\n".join(sentences)) == sentences


@pytest.mark.parametrize(
    "text",
    [
        "ا" * 100_000,
        "كلمة " * 20_000,
        "ا" + "." * 100_000,
        'ا"' * 50_000,
        "(" * 100_000 + "ا",
        "\n \u200f\t\r\n" * 50_000 + "ا",
        "اقرأ أيضا\nبوتين في موسكو اليوم وغدا\n" * 5_000,
        f"{PARAGRAPH}\n" * 5 + "التعليقات\nبوتين في موسكو اليوم وغدا\n" * 5_000,
        ("ا|" * 600 + "\n") * 100,
        f"{PARAGRAPH}\n" * 20_000,
    ],
    ids=["letters", "words", "dots", "quotes", "brackets", "blank", "links", "forms", "bars", "paragraphs"],
)
def test_time_grows_with_the_text_and_no_faster(text):
    started = time.perf_counter()
    read_article(Document(text=text))
    assert time.perf_counter() - started < 10


def test_html_gives_offsets_into_the_extracted_text():
    html = "<html><body><h1>عنوان الخبر عن الوفد</h1><p>قال الوزير\nإن   الوفد عاد.</p><p>ونفى السفير ذلك.</p></body></html>"
    article = read_article(Document(text=html, is_html=True))
    assert article.offsets_of == "extracted"
    assert [(line.kind.value, article.text[line.start : line.end]) for line in article.lines] == [
        ("headline", "عنوان الخبر عن الوفد"),
        ("body", "قال الوزير إن الوفد عاد."),
        ("body", "ونفى السفير ذلك."),
    ]


def test_html_without_a_heading_takes_its_title():
    html = f"<title>عودة الوفد إلى العاصمة - جريدة النهر</title><body><p>{PARAGRAPH}</p><p>{PARAGRAPH}</p></body>"
    assert kinds_of(html, is_html=True)[0] == ("headline", "عودة الوفد إلى العاصمة")


@pytest.mark.parametrize("tag", ["form", "aside", "nav", "footer"])
def test_html_whose_article_stands_in_an_odd_element_is_kept(tag):
    paragraphs = [f"{PARAGRAPH} وهذه الفقرة رقم {number}." for number in range(6)]
    html = f"<body><{tag}>{''.join(f'<p>{text}</p>' for text in paragraphs)}</{tag}></body>"
    assert body_of(html, is_html=True) == paragraphs


def test_text_called_html_keeps_its_lines():
    text = f"عنوان الخبر عن الوفد الزائر\n{PARAGRAPH}\n<b>ونفى السفير ذلك.</b>"
    assert body_of(text, is_html=True) == ["عنوان الخبر عن الوفد الزائر", PARAGRAPH, "ونفى السفير ذلك."]


@pytest.mark.parametrize(("name", "lines"), [("article.txt", 11), ("article.html", 10)])
def test_examples_come_out_clean(name, lines):
    article = article_of(EXAMPLES / name)
    kept = [line.kind for line in article.lines if line.kind is not Kind.BOILERPLATE]
    assert len(kept) == lines
    assert kept[0] is Kind.HEADLINE
    assert kept.count(Kind.CAPTION) == 1
