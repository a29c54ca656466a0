"""Who wrote it, when, and whose picture it is: lines of names, dates and agencies, and the captions that end in them."""

import re

from tasrih.pages import phrases
from tasrih.pages.furniture import is_stamp
from tasrih.pages.lines import core, trie
from tasrih.pages.signs import EXACT, Sign, folded

__all__ = ["byline_sign", "credit_sign", "date_sign", "is_captioned"]

_WORD = re.compile(r"[^\W_]+")
_DIGITS_OR_LETTERS = re.compile(r"\d+|[^\W\d_]+")
_SEPARATOR = re.compile(r"\s*[-–—/|،,:؛+•·»«()\[\]]\s*| من ")

_DATES = folded(phrases.DATE_WORDS)
_CITIES = folded(phrases.CITIES)
_CITY_WORDS = frozenset(word for city in _CITIES for word in city.split())
_AGENCIES = folded(phrases.AGENCIES)
_AGENCY_WORDS = frozenset(word for agency in _AGENCIES for word in _WORD.findall(agency))
_KNOWN_BY_DATES = _DATES | {"واحده"} | _CITY_WORDS | _AGENCY_WORDS
_NAMES = folded(phrases.GIVEN_NAMES)

_READING_TIME = re.compile(
    r"(?:\d+|واحده)\s*(?:دقيقه|دقيقتان|دقيقتين|دقايق|ثانيه|ثواني|د)\s*(?:واحده\s*)?(?:للقراءه|قراءه|من القراءه)"
    r"|دقيقه واحده للقراءه|اقل من دقيقه للقراءه|(?:مده|وقت|زمن|متوسط) القراءه"
)
_MONTHS = (
    "يناير|فبراير|مارس|ا[بف]ريل|مايو?|يوني[وه]|يولي[وه]|اغسطس|سبتمبر|اكتوبر|نوفمبر|ديسمبر|شباط|اذار|نيسان|ايار|حزيران|"
    "تموز|اب|ايلول|تشرين|كانون|جانفي|فيفري|جوان|جويليه|اوت|غشت|شتنبر|نونبر|دجنبر|يوليوز|"
    "محرم|صفر|ربيع|جمادي|رجب|شعبان|رمضان|شوال|القعده|الحجه"
)
_DATE = re.compile(
    r"\d{1,2}:\d{2}|\d{1,4}\s*[/.-]\s*\d{1,2}\s*[/.-]\s*\d{1,4}"
    r"|(?:^|\W)(?:السبت|الاحد|الاثنين|الثلاثاء|الاربعاء|الخميس|الجمعه)(?:$|\W)"
    rf"|(?:^|\W)(?:{_MONTHS})(?=\W*\d)"
    r"|\d{1,2}\W+[ء-ي]+(?: (?:الاول|الثاني|الاخر))?\W+(?:[ء-ي]+ ){0,2}\d{4}"
    r"|^(?:منذ|قبل) (?:\d+ )?(?:دقي|ساع|يوم|ايام|اسبوع|اسابيع|شهر|اشهر|سن)|\d+ (?:دقيقه|ساعه|يوما?) مضت"
    r"|published|updated|last update|(?:اخر تحديث|تاريخ النشر|نشر (?:في|بتاريخ))\W*\d|\d دقيقه واحده$"
)

_BYLINE = re.compile(
    r"(?P<does>بقلم|اعداد|كتب|كتبت|كتبه|كتبها|ترجمه|تحرير|تقرير|متابعه|متابعات|تصوير|تدقيق|مونتاج|رصد|الكاتب|الصحفي|حوار|حاوره|"
    r"حاورته|اجري الحوار|نشر بواسطه|بواسطه|نشره|كاتب المقال|ترجمه وتحرير|اعداد وتحرير|تحرير وترجمه|المترجم|محرر المقال)"
    r"(?!\w)(?P<colon>\s*[:/|–—-]\s*)?(?P<who>.*)"
)
_SURELY_BY = ("بقلم", "نشر بواسطه", "بواسطه", "كاتب المقال")
# "Report: ..." opens headlines too; these want a name that we know, or a very short one.
_PERHAPS_BY = ("تقرير", "حوار", "متابعه", "متابعات", "رصد", "الصحفي", "الكاتب", "تحرير", "كتب", "كتبت")
_TEAM = re.compile("فريق|قسم|هييه|وحده|اسره|محرر|غرفه|مراسل|مكتب")
_LATIN_BYLINE = re.compile(r"(?:author|role|by|written by|posted by|source|photo|image|credit|editor)\b[,:]? ")
_OUTLET = re.compile(
    r"(?:اخبار|قناه|صحيفه|جريده|موقع|شبكه|منصه|بوابه|مجله|اذاعه|راديو|تلفزيون) \S+|(?:اخبار|قناه|صحيفه|جريده) \S+ \S+"
)
_OUTLET_ENDS = re.compile(r"(?:\S+ ){1,2}(?:نت|نيوز|برس|اونلاين|الاخباري|الاخباريه|بوست|تي في)")
_PLACES = folded(phrases.PLACES)
_NEWS_AGENCY = re.compile(r"(?:ال)?وكاله (?:\S+ ){0,3}(?:للانباء|الانباء|للاعلام)(?: \S+)?")
_FATHER = ("بن", "ابن", "بنت", "ابو", "عبد", "ال", "بو", "ولد")
_ROLE = re.compile(f"(?:{'|'.join(sorted(folded(phrases.ROLES)))})(?: |$)")
_NO_NAMES = ("لن", "لا", "لم", "ان", "انا", "نحن", "هذا", "هذه", "ليس", "ما", "قد", "لقد", "سوف", "كل", "هل")
_VERB = re.compile(r"[يت][ء-ي]{3,}")

_ABOUT_PICTURES = "صوره|صور|الصوره|تصوير|ارشيفيه|ارشيف|عن|من|عبر|نقلا|باذن|حقوق|photo|via"
_PICTURE_WORD = re.compile(rf"(?:{_ABOUT_PICTURES})$")
_PICTURE = re.compile(r"(?:مصدر|صدر|حقوق|مصور) (?:الصور\w*|الصوره|الفيديو)\s*[:،,/-]?|تصوير\s*[:/-]|صوره (?:من|عن) ")
_DATELINE = re.compile(r"(\w+(?: \w+)?)\s*[:،–—-]?\s*«[^«»]{2,30}»\s*:?")
_INITIALS = re.compile(r"(?:[ء-ي]{1,2}[.،/\s]*){2,8}(?:\([^)]{2,60}\)?)?$")
_CREDIT_END = re.compile(
    rf"(?:[-–—/|([]|\(?صوره|\(?تصوير:?|\.\s)\s*(?:عبر |عن |من |صور )?(?:{trie(sorted(_AGENCIES))})"
    r"(?:[\s/،,+-]+[\w.]+){0,5}\s*[)\]]?\.?\s*$"
    r"|\s(?:getty images|getty|afp|reuters|epa|shutterstock|ap)\s*$"
    r"|[-–—/|([]\s*(?:صوره |من )*(?:ال)?ارشيف(?:يه)?\s*[)\]]?$"
)
_CAPTION_OPENING = re.compile(
    r"(?:التعليق علي الصوره|شرح الصوره|وصف الصوره|تعليق الصوره|في الصوره)\s*[:،,]|صوره (?:ارشيفيه|من الارشيف) ل"
)
_CREDIT_TAIL = 120


def date_sign(text: str, folded_line: str, words: list[str]) -> Sign | None:
    """Whether a line is a date or a reading time and nothing else."""
    if len(words) <= 14 and _READING_TIME.search(text):
        return Sign.META
    if len(words) > 20 or not (_DATE.search(text) or is_stamp(text)):
        return None
    parts = _DIGITS_OR_LETTERS.findall(text)
    if all(part.isdigit() or part in _KNOWN_BY_DATES for part in parts):
        return Sign.META
    # A section, or a button, printed on the line of the date.
    rest = [part for part in parts if not part.isdigit() and part not in _DATES]
    labels = sum(part in EXACT for part in rest)
    is_labels = (
        " ".join(rest) in EXACT or (labels and labels * 2 > len(rest)) or ("|" in text and labels and len(rest) < 4)
    )
    return Sign.META if is_labels or _is_name(rest) else None


def credit_sign(text: str, folded_line: str, words: list[str]) -> Sign | None:
    """Whether a line is a picture credit, an agency or a dateline without its sentence."""
    if len(words) > 12 or (folded_line.endswith((".", "؟")) and len(words) > 6):
        return None
    outlets = others = 0
    for segment in filter(None, _SEPARATOR.split(text)):
        name = " ".join(word for word in core(segment).split() if not _PICTURE_WORD.match(word))
        if name in _AGENCIES or EXACT.get(name) is Sign.CREDIT or _OUTLET_ENDS.fullmatch(name):
            outlets += 1
        elif name and not (
            name.isdigit() or name in EXACT or name in _CITIES or name in _AGENCY_WORDS or name in _PLACES
        ):
            others += 1
    if outlets and not others:
        return Sign.CREDIT
    dateline = _DATELINE.fullmatch(folded_line)
    if dateline and dateline[1] in _CITIES:
        return Sign.CREDIT
    if _PICTURE.match(text) or folded_line.startswith("©"):
        return Sign.CREDIT
    return Sign.CREDIT if "." in text and _INITIALS.fullmatch(text) else None


def byline_sign(text: str, folded_line: str, words: list[str]) -> Sign | None:
    """Whether a line says who wrote, or is a name and a place or outlet."""
    if len(words) > 10 or folded_line.endswith((".", "؟", "!")):
        return None
    if _LATIN_BYLINE.match(text):
        return Sign.META
    if _OUTLET.fullmatch(text) or _NEWS_AGENCY.fullmatch(text):
        return Sign.LABEL
    match = _BYLINE.match(text)
    if match and match["who"] and _is_writer(match):
        return Sign.META
    if ":" in text or any(_VERB.match(word) for word in words[1:]):
        return None
    if _ROLE.match(text) and len(words) <= 7:
        return Sign.NAME
    segments = [segment for segment in _SEPARATOR.split(text) if segment]
    if not segments:
        return None
    outlets = [segment for segment in segments if EXACT.get(core(segment)) is Sign.CREDIT or segment in _AGENCIES]
    named = _is_name(segments[0].split())
    if named and (len(segments) == 1 or outlets or any(segment in _CITIES for segment in segments)):
        return Sign.NAME
    if len(segments) > 1 and outlets and all(len(segment.split()) <= 3 for segment in segments):
        known = any(segment.split()[0] in _NAMES or segment in _CITIES for segment in segments)
        return Sign.NAME if known else None
    return None


def is_captioned(folded_line: str) -> bool:
    """Whether a line of some length ends in a picture credit, or opens, as a caption does."""
    if _CAPTION_OPENING.match(folded_line):
        return True
    return 5 <= len(folded_line.split()) <= 45 and _CREDIT_END.search(folded_line[-_CREDIT_TAIL:]) is not None


def _is_name(words: list[str]) -> bool:
    """Two or three words of which one is surely a person's: a given name first, or "son of" between."""
    if not words or any(map(_VERB.match, words[1:])):
        return False
    son_of = len(words) in (3, 4) and words[1] in _FATHER
    return (words[0] in _NAMES and len(words) <= (4 if son_of else 3)) or (son_of and len(words) == 3)


def _is_writer(match: re.Match[str]) -> bool:
    who = match["who"].split()
    if who[0] in _NO_NAMES:
        return False
    known = who[0] in _NAMES or _TEAM.match(who[0]) is not None
    if match["does"] in _SURELY_BY:
        return len(who) <= 8
    if not match["colon"]:
        return known and len(who) <= 4
    agency = core(match["who"]) in _AGENCIES
    if match["does"] in _PERHAPS_BY:
        return agency or (len(who) <= (5 if known else 3) and not any(map(_VERB.match, who)))
    return len(who) <= 8
