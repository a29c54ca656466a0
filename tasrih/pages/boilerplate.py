"""From a line to its sign: what sort of page furniture it looks like on its own.

Whether it goes is decided by `tasrih.pages.layout`, which sees where the line stands. Rules are written so that a sentence of
an article gets no sign: when in doubt there is none.
"""

import re

from tasrih.pages import notices, phrases
from tasrih.pages.bylines import byline_sign, credit_sign, date_sign
from tasrih.pages.furniture import is_bare_furniture, is_furniture
from tasrih.pages.lines import ARABIC_LETTER, core, fold, trie
from tasrih.pages.menus import menu_sign
from tasrih.pages.signs import EXACT, Sign, folded

__all__ = ["sign_of"]

_COUNTS_AROUND = " 0123456789()[]:,.-|/+*#!؟?،…»«\"'•"
_WORD = re.compile(r"[^\W_]+")
_LETTER = re.compile(r"[^\W\d_]")
_LATIN = re.compile("[a-zà-öø-ÿāčğışž]")

_LONGEST_NOTICE_WORDS = 60
_LONGEST_JUDGED = 1200
_NOTICE = re.compile(trie(fold(phrase) for phrase in notices.NOTICES))
_OPENING = re.compile(rf"(?:{trie(sorted(folded(notices.OPENINGS)))})(?!\w)")
_SENTENCE_WORDS = 6
_LONGEST_OPENED_WORDS = 22
_FORM_NOTICE = re.compile(
    "عنوان بريدك|لن (?:يتم|ينشر).{0,12}(?:بريدك|البريد)|الحقول (?:الالزاميه|المطلوبه)|احفظ (?:اسمي|بريدي)"
)
_FORM_COLON = re.compile(f"(?:{trie(sorted(folded(phrases.FORMS)))})\\s*:")
_EMBED = re.compile("اخلاء مسووليه|نهايه (?:منشور|قصص|فيديو|محتوي|بودكاست|البودكاست|المشاركه|القايمه|الاقسام)(?: |$)")
_SKIP = re.compile("(?:انتقل|الانتقال|تخطي|تخط|تجاوز|اذهب|العوده|عوده) (?:الي|ل)")
_SKIPPED_TO = re.compile("القايمه|المحتوي|مواقع|الجزء|البحث|بنك الصور|الصفحه|اعلي|الاعلي|الرييسيه|التذييل|قسم")
_TEASER_ENDS = ("[…]", "[...]", "[..]", "(...)", "… المزيد", "... المزيد", "... اقرا المزيد", "… اقرا المزيد")

_LONGEST_LINK_WORDS = 30
_READ_ALSO = re.compile(
    r"و?(?:ا?قرا(?:وا|ي|و| ?/ ?ي| ?/ ?وا|\(ي\))?|اقر(?:يي?|ووا|وا|ين)|شاهد(?:وا|ي|/ي)?|طالع(?:وا|ي)?|انظر(?:وا|ي)?|"
    r"استمع(?:وا|ي)?|تابع(?:وا|ي)?|يمكنكم? قراءه|لا يفوتك|لا تفوت)\s*(?:ايضا|كذلك|ايضًا)"
    r"|(?:اقرا|طالع)(?: (?:المزيد|المقال|الخبر|التفاصيل|التقرير|علي|في|عن|من))?(?: [^:]{0,25})?:"
    r"|(?:شاهد|شاهدوا|استمع|طالع)\s*:"
    r"|اقرا المزيد (?:عن|حول|من)"
    r"|لقراءه المزيد|للمزيد(?: من (?:التفاصيل|الاخبار|المعلومات))?\s*(?:[:|-]|اقرا|شاهد|$|حول|عن)"
    r"|(?:خبر|موضوع|مقال|تقرير|فيديو) (?:ذو صله|متعلق|مرتبط)\s*:"
)
_OF_THE_SAME = re.compile(r"(?:\S+ )?(?:ذات|ذو) (?:صله|الصله|علاقه)|\S+ (?:متعلقه|مشابهه|مرتبطه)")
_RELATED_COLON = re.compile(f"(?:{trie(sorted(folded(phrases.RELATED)))})\\s*[:|]")

# "Source: ..." with the article is what a story rests on; a source "said" much, so what follows must be short or an outlet.
_SOURCE = re.compile(r"(?:المصدر|مصدر (?:الخبر|المقال|النص))\s*[:/|+-]+\s*")
_LONGEST_SOURCE_WORDS = 5
_TAIL_LABEL = re.compile(f"(?:{trie(sorted(folded(phrases.TAIL_LABELS) - {'المصدر'}))})\\s*:")
_DATES = folded(phrases.DATE_WORDS)
_OUTLET_WORDS = frozenset(word for agency in folded(phrases.AGENCIES) for word in _WORD.findall(agency))

# Calls to the reader: an imperative, and what the reader is to join, press or send. Some imperatives are also "he did".
_CALL = re.compile(
    r"(?:(?P<or_we_did>تابعنا|شاركنا)|تابعونا|شاركونا|لا تنسوا?|زوروا|اضغطوا?|انقروا?|"
    r"(?P<or_he_did>اشتركوا?|انضموا?|تابعوا|حملوا?|سجلوا?|فعلوا?|ادخلوا?|اكتبوا?|ابقوا?|كونوا|احصلوا?"
    r"|ادعموا?|لا تفوتوا?|لمتابعه|للاشتراك|للانضمام|يمكنك|يمكنكم|"
    r"هل ترغب|هل تريد)) "
)
_OURS = "قناتنا|قنواتنا|نشرتنا|تطبيقنا|موقعنا|صفحتنا|حسابنا|حساباتنا|بريدك|رايك|تعليقك|زر الجرس|خدمتنا|مجموعتنا|منصاتنا"
_CALLED_TO = re.compile(
    f"{_OURS}|النشره|التطبيق|واتساب|تل[يغج]|تيل[يغج]|يوتيوب|فيسبوك|تويتر|الاشعارات|جوجل|غوغل|google|اخر الاخبار|هنا"
)
_OURS_ONLY = re.compile(_OURS)

_COUNTER = re.compile(
    r"\d[\d.,٬]*\s*(?:الف|مليون|k|m)?\s*(?:مشاهده|مشاهدات|قراءه|قراءات|زياره|زيارات|تعليق|تعليقات|تعليقا|اعجاب|مشاركه|"
    r"مشاركات|مشترك|متابع|صوت|تقييم|صور|صوره)"
    r"|(?:عدد )?(?:ال)?(?:مشاهدات|قراءات|زيارات|تعليقات|مشاهده|مشاركات|شوهد|شاهد|قرا)\W*\d[\d.,٬]*(?: مره)?"
    r"|(?:مده الفيديو|مده المقطع)\b.{0,40}|\d+ من \d+|صفحه \d+ من \d+"
)
_UNITS = folded(tuple("يوم أيام ساعة ساعات دقيقة دقائق ثانية ثواني ثوان أسبوع أسابيع شهر".split()))
_COUNTDOWN = re.compile("(?:العد التنازلي|متبقي|المتبقي|يتبقي|تبقي|باقي) (?:علي|حتي|لانطلاق|لبدء|لبدايه|لموعد) ")
_WEATHER = re.compile(r"°|درج(?:ه|ات) (?:الحراره|مئويه)|(?:سعر|اسعار) (?:الدولار|صرف|الذهب|اليورو|العملات)")
_HANDLE = re.compile(r"https?://|www\.|\bt\.me/|@\w{3,}|\.(?:com|net|org)\b")
_SHORT_WORDS = 8
_LONGEST_FOREIGN = 60


def sign_of(line: str) -> Sign | None:
    """What a folded line looks like on its own; None for what may be a sentence.

    Takes a line as `tasrih.pages.lines.fold` gives it. Costs time in proportion to the line.
    """
    if not ARABIC_LETTER.search(line):
        text = core(line[:_LONGEST_FOREIGN])
        return EXACT.get(text) or date_sign(text, text, text.split()) or Sign.FOREIGN
    words = line.split()
    if len(words) > _LONGEST_NOTICE_WORDS or len(line) > _LONGEST_JUDGED:
        return None
    text = core(line)
    exact = EXACT.get(text) or EXACT.get(text.strip(_COUNTS_AROUND))
    if exact:
        return exact
    rules = (
        _notice_sign, _link_sign, _closing_sign, _tool_sign, _widget_sign,
        date_sign, credit_sign, byline_sign, menu_sign,
    )  # fmt: skip
    return next((sign for rule in rules if (sign := rule(text, line, words))), None)


def _notice_sign(text: str, line: str, words: list[str]) -> Sign | None:
    if _FORM_NOTICE.search(line) or _is_empty_form(text):
        return Sign.FORM
    if len(words) <= _SHORT_WORDS + 2 and _SKIP.match(text) and _SKIPPED_TO.search(text) and not line.endswith("."):
        return Sign.FURNITURE
    if _NOTICE.search(line) or _EMBED.match(text) or line.endswith(_TEASER_ENDS) or is_furniture(text, len(words)):
        return Sign.FURNITURE
    if line.endswith(".") and len(words) >= _SENTENCE_WORDS:
        return None
    opened = len(words) <= _LONGEST_OPENED_WORDS and _OPENING.match(text)
    return Sign.FURNITURE if opened else None


def _is_empty_form(text: str) -> bool:
    """Whether it is labels of a comment form and nothing else; with a value behind it a label stands in articles, too."""
    label = _FORM_COLON.match(text)
    return label is not None and (not _LETTER.search(text, label.end()) or core(text[label.end() :]) in EXACT)


def _link_sign(text: str, line: str, words: list[str]) -> Sign | None:
    if _OF_THE_SAME.fullmatch(text):
        return Sign.RELATED
    match = _READ_ALSO.match(text) or _RELATED_COLON.match(text)
    if not match or len(words) > _LONGEST_LINK_WORDS:
        return None
    # Without a colon the words may open a sentence, which then ends in a full stop.
    if ":" not in text[: match.end() + 2] and line.endswith("."):
        return None
    return Sign.LINK if _WORD.search(text, match.end()) else Sign.RELATED


def _closing_sign(text: str, line: str, words: list[str]) -> Sign | None:
    source = _SOURCE.match(text)
    if source:
        names = [name for name in _WORD.findall(text, source.end()) if not name.isdigit() and name not in _DATES]
        if len(names) <= _LONGEST_SOURCE_WORDS or sum(name in _OUTLET_WORDS for name in names) * 2 >= len(names):
            return Sign.END
    return Sign.END if _TAIL_LABEL.match(text) and not line.endswith(".") else None


def _tool_sign(text: str, line: str, words: list[str]) -> Sign | None:
    call = _CALL.match(text)
    is_sentence = line.endswith(".") and len(words) >= _SENTENCE_WORDS
    if call and len(words) <= 22:
        doubtful = call["or_he_did"] or (call["or_we_did"] and is_sentence)
        if (_OURS_ONLY if doubtful else _CALLED_TO).search(text, call.end()):
            return Sign.FURNITURE
    if all(word.startswith("#") for word in words):
        return Sign.FURNITURE
    if len(words) <= _SHORT_WORDS and not is_sentence and _HANDLE.search(line):
        return Sign.FURNITURE
    latin = len(_LATIN.findall(text))
    mostly_latin = latin * 3 > 2 * len(_LETTER.findall(text))
    return Sign.FOREIGN if mostly_latin and len(words) <= _SHORT_WORDS and not line.endswith(".") else None


def _widget_sign(text: str, line: str, words: list[str]) -> Sign | None:
    if _COUNTER.fullmatch(text) or (not line.endswith(".") and is_bare_furniture(text, len(words))):
        return Sign.FURNITURE
    half = len(words) // 2
    if half >= 2 and words[:half] == words[half:]:
        return Sign.LABEL  # a picture's text and its link's, one after the other
    parts = _WORD.findall(text)
    units = sum(part in _UNITS for part in parts)
    if len(parts) > 1 and units and all(part in _UNITS or part.isdigit() for part in parts):
        return Sign.FURNITURE
    if len(words) > _SHORT_WORDS or line.endswith("."):
        return None
    priced = _WEATHER.search(line) is not None and any(part.isdigit() for part in parts)
    return Sign.LABEL if priced or _COUNTDOWN.match(text) else None
