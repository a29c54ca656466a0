import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasrih.sentences import split_article, split_text
from tasrih.types import Article, Kind, Line


def sentences_of(text: str, *, headline: bool = False) -> list[str]:
    return [text[start:end] for start, end in split_text(text, headline=headline)]


# Each case is the list of its sentences, to be joined by one space and split again.
SPLIT = {
    "full stop": ["وصل الوفد صباحا.", "وغادر في المساء."],
    "question": ["لماذا تأخر الرد؟", "لم يجب أحد."],
    "exclamation": ["يا للعجب!", "لم يحضر أحد."],
    "run of marks": ["لماذا تأخر الرد؟!", "لا ندري!!", "من يدري؟؟", "انتهى."],
    "three dots": ["انتظر الجميع ساعة...", "ثم انصرفوا إلى بيوتهم."],
    "ellipsis": ["انتظر الجميع ساعة…", "ثم انصرفوا إلى بيوتهم."],
    "two dots": ["انتظر الجميع ساعة..", "ثم انصرفوا إلى بيوتهم."],
    "no final mark at the end": ["وصل الوفد.", "ثم غادر"],
    "urdu full stop": ["وصل الوفد۔", "ثم غادر۔"],
    "stop inside closing quotation mark": ['قال الوزير: "لن نقبل."', "وأضاف أن الملف مغلق."],
    "stop after closing quotation mark": ["قال الوزير: «لن نقبل».", "وأضاف أن الملف مغلق."],
    "curly": ["قال الوزير: “لن نقبل.”", "وأضاف أن الملف مغلق."],
    "reversed curly": ["قال الوزير: ”لن نقبل. لن نرضى.“", "وأضاف أن الملف مغلق."],
    "loose closing mark": ['قال الوزير: " لن نقبل. لن نرضى. "', "وأضاف أن الملف مغلق."],
    "several sentences quoted": ["صرح: «لن نقبل. لن نرضى! هل تسمعون؟ كفى.»", "ثم خرج."],
    "quotation inside quotation": ["صرح: «قالوا لنا “ارحلوا. الآن.” فبقينا. كفى.»", "ثم خرج."],
    "question quoted, then a new sentence": ["سأل: «أليس هذا كافيا؟»", "وأضاف أن الوقت ضيق."],
    "two quoted sentences": ['"لن نقبل."', '"لن نرضى."'],
    "stop and bracket": ["انتهى الاجتماع (وهو الثالث.)", "وعاد الوفد."],
    "bracket and stop": ["ذكرت الوكالة (رويترز).", "وعاد الوفد."],
    "per cent": ["ارتفع السعر 35%.", "وهبط الطلب."],
    "year": ["حدث ذلك عام 2022.", "وقتل 15 شخصا."],
    "year in arabic digits": ["حدث ذلك عام ٢٠٢٢.", "١٥ شخصا قتلوا."],
    "small number": ["أصيب في الهجوم 12.", "ونقلوا إلى المستشفى."],
    "list numbers": ["1. وقف النار.", "2. سحب القوات.", "٣. تبادل الأسرى."],
    "group letter": ["فاز في المجموعة ب.", "وخسر في النهائي."],
    "initials end": ["نقلت ذلك شبكة سي.إن.إن.", "وأكدته مصادر أخرى."],
    "url at the end": ["زار www.example.com.", "ثم نشر https://example.org/a?b=1.", "انتهى."],
    "unclosed quotation": ['قال: "لن نقبل.', "وأضاف أن الملف مغلق.", "ثم غادر."],
    "closed, then stray mark": ["قال «نعم» ثم «لا.", "وغادر القاعة.", "ثم عاد."],
    "opened twice": ['قال: "لن نقبل.', 'ثم قال: "لن نرضى".', 'ثم ذكر ب"الخطة الكبرى" شيئا.'],
    "space before the stop": ["وصل الوفد .", "ثم غادر ."],
}

WHOLE = {
    "title": "قال د. سمير إن أ. هدى حضرت مع م. كريم ود. ليلى",
    "titles joined": "حضر أ.د. سمير وأ. د. ليلى",
    "era": "عاشت المدينة عام 500 ق.م. في رخاء",
    "hijri": "صدر القرار عام 1445 هـ. عن المجلس",
    "post box": "العنوان ص. ب. 123 عمان، أو ص.ب. 9",
    "page": "انظر ص. 15 من الكتاب",
    "agency": "ذكرت وكالة أ.ف.ب. وأ.ش.أ أن القتال توقف",
    "spelt initials": "الرحلة إم.إتش17 وشبكة بي.بي.سي ومصرف في.تي.بي وجورج دبليو. بوش",
    "site name": "قال المصدر للعربية.نت إن الأمر انتهى",
    "decimal": "بلغ النمو 3.5 في المئة",
    "arabic decimal": "بلغ النمو ٣.٥ أو ٣٫٥ في المئة",
    "thousands": "بلغت الخسائر 1.250.000 دولار أي ١٬٢٥٠٬٠٠٠",
    "time": "بدأ عند 10.30 صباحا وانتهى عند ١١.٤٥",
    "date": "ولد في 12. 05. 1990 بدمشق",
    "ordinal": "وقع في 3. مارس ثم في ٩. نيسان الماضي",
    "counted": "المطالب هي 1. وقف النار 2. سحب القوات 3. تبادل الأسرى",
    "letter list": "أ- وقف النار",
    "latin initials": "كتبه J. K. Rowling في U.S. News",
    "latin title": "التقى Mr. Smith وDr. Jones",
    "url": "نشره https://example.org/a.b?c=1!d أمس",
    "email": "راسل news.desk@example.com اليوم",
    "version": "صدر الإصدار v2.0.1 أمس",
    "two dots quoted": "قال «سنعود.. وسنبقى هنا إلى الأبد» أمام الناس",
    "dots quoted": 'قال "سنعود... وسنبقى هنا إلى الأبد" أمام الناس',
    "exclamation quoted": "هتفوا «نعم للحرية!» في الساحة",
    "stop, quotation, comma": 'وصفه بأنه "انتهى."، بدون أن يفصل',
    "stop, quotation, loose comma": "وصفه بأنه «انتهى.» ، بدون أن يفصل",
    "omission": "قال إن الحرب (...) وستنتهي قريبا وستعود الحياة",
    "mark in brackets": "قال الوزير (؟) وأضاف أن الأمر انتهى",
    "arabic url": "نشره https://example.org/أخبار.سياسة?رقم؟نص أمس",
    "semicolon": "وقف المدير؛ فصمت الجميع",
    "colon": "قال الناطق: إن المحادثات بدأت",
    "short pause": "ربما... لاحقا",
    "no letters": "2022 - 15.",
    "quotation mark left over": "وصل الوفد. »",
}


@pytest.mark.parametrize("sentences", SPLIT.values(), ids=SPLIT.keys())
def test_splits_where_a_sentence_ends(sentences):
    assert sentences_of(" ".join(sentences)) == sentences


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE.keys())
def test_keeps_whole_what_only_looks_like_an_end(text):
    assert sentences_of(text) == [text]


@pytest.mark.parametrize(
    "sentences",
    [
        ["انتهت الجولة النووية.", "وقال الناطق إنها جيدة."],
        ["من يدري؟", "لا أحد."],
        ["عام 2022.", "وقال"],
        ["انتهى الأمر.", '"لن نقبل" قال الوزير.'],
        ['قال "لن نقبل".', "وخرج."],
    ],
)
def test_splits_where_the_space_is_missing(sentences):
    assert sentences_of("".join(sentences)) == sentences


@pytest.mark.parametrize("separator", ["\n", "\r\n", "\n \n", "\u2028"])
def test_a_line_break_ends_a_sentence(separator):
    assert sentences_of(f"اتفق الطرفان؛{separator}وغادرا") == ["اتفق الطرفان؛", "وغادرا"]


@pytest.mark.parametrize("unseen", ["\u200f", "\u200e", "\u202b", "\u2067", "\u200b", "\ufeff", "\u0640", "\u064e"])
def test_what_has_no_width_hides_nothing_and_moves_nothing(unseen):
    text = f"قال د{unseen}. سمير ذلك.{unseen} ثم{unseen} خرج.{unseen}"
    assert sentences_of(text) == [f"قال د{unseen}. سمير ذلك.{unseen}", f"ثم{unseen} خرج.{unseen}"]


def test_vowelled_text_and_no_break_spaces_leave_offsets_right():
    text = "قَالَ د.\u00a0سَمِيرٌ ذَلِكَ.\u00a0\u00a0ثُمَّ خَرَجَ."
    assert sentences_of(text) == ["قَالَ د.\u00a0سَمِيرٌ ذَلِكَ.", "ثُمَّ خَرَجَ."]


def test_a_quotation_longer_than_the_bound_is_split():
    inside = " ".join(["لن نقبل هذا القرار أبدا."] * 30)
    assert len(sentences_of(f"قال: «{inside}» ثم خرج.")) == 31


def test_an_unclosed_mark_does_not_swallow_what_follows():
    rest = ["وهذه جملة أخرى من الخبر نفسه."] * 100
    assert sentences_of(" ".join(["قال: «لن نقبل.", *rest])) == ["قال: «لن نقبل.", *rest]


@pytest.mark.parametrize(
    "headline",
    ["هل تنجح الوساطة؟ موسكو تجيب", "بعد الهجوم.. الوزير يعود إلى العاصمة", "الحرب مستمرة… والعالم يراقب بصمت"],
)
def test_a_headline_stays_whole(headline):
    assert sentences_of(headline, headline=True) == [headline]
    assert len(sentences_of(headline + " منذ أيام طويلة")) == 2  # the same words in a body are two sentences


def test_a_full_stop_splits_a_headline():
    assert sentences_of("عاد الوفد. والمحادثات تبدأ غدا", headline=True) == ["عاد الوفد.", "والمحادثات تبدأ غدا"]


def test_an_article_gives_its_lines_sentences_with_their_kind():
    text = "الوفد يعود.. والحرب مستمرة منذ عام\nشارك المقال. الآن\n\nعاد الوفد. ثم غادر.\nصورة الوفد"
    kinds = [Kind.HEADLINE, Kind.BOILERPLATE, Kind.BODY, Kind.CAPTION]
    lines, at = [], 0
    for kind, line in zip(kinds, [line for line in text.split("\n") if line], strict=True):
        at = text.index(line, at)
        lines.append(Line(kind, at, at + len(line)))
    sentences = split_article(Article(text=text, lines=tuple(lines)))
    assert [(sentence.kind, sentence.text) for sentence in sentences] == [
        (Kind.HEADLINE, "الوفد يعود.. والحرب مستمرة منذ عام"),
        (Kind.BODY, "عاد الوفد."),
        (Kind.BODY, "ثم غادر."),
        (Kind.CAPTION, "صورة الوفد"),
    ]
    assert all(text[sentence.start : sentence.end] == sentence.text for sentence in sentences)


WORDS = "قال د وأضاف في المجموعة ق.م 3.5 ٣ 12 2022 www.a.com https://a.b/?c J سي نت .. ... ؟! 😀 e\u0301".split()
MARKS = ".؟!…؛:،،\"«»“”„()[]'’-*ـ\u064b\u0651\u200f\u200b\u202b\ufeff\u00a0   \n\t\u2028\x1c"
PIECES = (*WORDS, *MARKS, ". ", '." ', ".» ", "1. ")
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=60).map("".join))


@given(TEXTS, st.booleans())
def test_sentences_are_in_order_trimmed_and_cover_all_but_white_space(text, headline):
    spans = split_text(text, headline=headline)
    at = 0
    for start, end in spans:
        assert at <= start < end <= len(text)
        assert not text[at:start].strip()
        assert text[start:end] == text[start:end].strip()
        at = end
    assert not text[at:].strip()


@given(TEXTS)
def test_a_line_has_no_sentence_without_a_letter_beside_another(text):
    for line in text.splitlines():
        sentences = sentences_of(line)
        assert len(sentences) < 2 or all(any(map(str.isalpha, sentence)) for sentence in sentences)


@given(st.lists(TEXTS, max_size=5), st.lists(st.sampled_from(list(Kind)), min_size=5, max_size=5))
def test_an_article_is_covered_line_by_line(texts, kinds):
    bodies = [" ".join(text.split()) for text in texts]
    text = "\n".join(bodies)
    lines, at = [], 0
    for body, kind in zip(bodies, kinds, strict=False):
        if body:
            lines.append(Line(kind, at, at + len(body)))
        at += len(body) + 1
    sentences = split_article(Article(text=text, lines=tuple(lines)))
    covered: set[int] = set()
    for sentence in sentences:
        span = range(sentence.start, sentence.end)
        assert text[sentence.start : sentence.end] == sentence.text
        assert not covered & set(span)
        covered |= set(span)
    for line in lines:
        expected = line.kind is not Kind.BOILERPLATE
        assert all((i in covered) == expected for i in range(line.start, line.end) if not text[i].isspace())
    assert [s.start for s in sentences] == sorted(s.start for s in sentences)


@pytest.mark.parametrize(
    "unit", ["ا", "كلمة ", "ا. ", "ا.", ".. ", "«", '"', '."', '"ا. ', "«ا. ", "(", "1. ", "\u200f", "«“(", "www."]
)
def test_a_line_of_100_000_characters_takes_no_more_than_seconds(unit):
    text = unit * (100_000 // len(unit))
    started_s = time.perf_counter()
    split_text(text)
    assert time.perf_counter() - started_s < 5  # measured: under 0.2 s; the square of the length would take minutes
