"""Bytes and files to documents: which encoding, text or HTML, and what is refused.

UTF-8 first, then what a byte order mark or an HTML page's own declaration says, then UTF-16 without a mark, then windows-1256,
which old Arabic pages still use. A guess is taken only where it gives Arabic. Line breaks and every other character stay as they
are, so that offsets count in the caller's text; a NUL becomes a space and bad bytes become U+FFFD.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tasrih.errors import BinaryInputError, EmptyInputError, InputError, InputTooLargeError, NotArabicError
from tasrih.types import Document

__all__ = ["MAX_CHARS", "SUFFIXES", "check_text", "decode", "find_paths", "name_of", "read_path"]

MAX_CHARS = 2_000_000
SUFFIXES = (".txt", ".text", ".md", ".html", ".htm", ".xhtml")

_HTML_SUFFIXES = (".html", ".htm", ".xhtml")
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),  # before UTF-16, whose mark it starts with
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_MAGIC = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive, or a Word, Excel or EPUB file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Word or Excel file"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x7fELF", "a program"),
    (b"RIFF", "a sound, film or WebP image"),
    (b"{\\rtf", "an RTF document"),
)
_ARABIC = re.compile("[\u0620-\u064a\u066e-\u06d3\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc]")
_ARABIC_REFERENCE = re.compile(r"&#(?:1[5-7]\d\d|x0?6[0-9a-f]{2});", re.IGNORECASE)
_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1b\x7f\ufffd]")
_COMMON_ARABIC = frozenset("ابتدرسعفقكلمنهوي ")
_CHARSET = re.compile(rb"<(?:meta|\?xml)[^>]{0,300}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]{3,30})", re.IGNORECASE)
_DOCTYPE = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
# A paragraph or block opened and closed: markup. Stray tags, <br> above all, also stand in text that was copied from a page.
_CLOSED_BLOCK = re.compile(r"</(?:p|div|h[1-6]|article|section|ul|table|figure)\s*>", re.I)
_HTML_BLOCKS = 2
_SAMPLE_BYTES = 65_536


def decode(data: bytes, *, name: str, max_chars: int = MAX_CHARS) -> Document:
    """The document that `data` holds; its id is `name`.

    Args:
        data: the bytes as they came.
        name: a path or address: it stands in messages, and its suffix tells HTML.
        max_chars: the most characters accepted.

    Raises:
        EmptyInputError: nothing but white space.
        BinaryInputError: bytes of no text that we can read.
        InputTooLargeError: more than `max_chars` characters.
        NotArabicError: no Arabic letter.
    """
    if not data.strip():
        raise EmptyInputError(
            f"{name}: {len(data)} bytes and no text; expected an article. Check how the file was saved."
        )
    if len(data) > 4 * max_chars + 4:  # no encoding takes more than 4 bytes: refuse before decoding
        raise _too_large(name, f"{len(data):,} bytes", max_chars)
    for magic, what in _MAGIC:
        if data.startswith(magic):
            raise BinaryInputError(
                f"{name}: the bytes are those of {what}; expected plain text or HTML. Save the article's text and pass that."
            )
    text = _decoded(data, name)
    is_html = name.lower().endswith(_HTML_SUFFIXES) or _looks_like_html(text)
    return check_text(Document(text=text, is_html=is_html, id=name), max_chars=max_chars)


def read_path(path: Path, *, max_chars: int = MAX_CHARS) -> Document:
    """The document in a file; raises as `decode` does, and `InputError` where the file cannot be read."""
    name = name_of(path)
    try:
        size = path.stat().st_size
        if path.is_file() and size > 4 * max_chars + 4:
            raise _too_large(name, f"{size:,} bytes", max_chars)
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{name}: cannot be read ({error.strerror}); expected a file of text or HTML. Check the path."
        ) from error
    return decode(data, name=name, max_chars=max_chars)


def name_of(path: str | Path) -> str:
    """The path as text: bytes of a file name that are none become question marks."""
    return str(path).encode("utf-8", "replace").decode()


def find_paths(path: Path) -> Iterator[Path]:
    """The file itself, or the folder's files of text and HTML, those of its folders too, sorted; hidden ones are left out.

    Raises:
        InputError: there is no such file or folder.
    """
    try:
        exists = path.exists()
    except OSError as error:
        raise InputError(f"{path}: no file can have this name ({error.strerror}). Check the path.") from error
    if not exists:
        raise InputError(f"{path}: no such file or folder. Check the path.")
    if not path.is_dir():
        yield path
        return
    for found in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in found.relative_to(path).parts)
        if found.suffix.lower() in SUFFIXES and not hidden and found.is_file():
            yield found


def check_text(document: Document, *, max_chars: int = MAX_CHARS) -> Document:
    """The same document with NULs made spaces, once it is known to be an article's: not empty, not too large, Arabic.

    Raises:
        EmptyInputError, InputTooLargeError, NotArabicError: as `decode`.
    """
    name, text = document.id or "text", document.text
    if not text.strip(" \t\r\n\f\v\x00\ufeff\u200b\u00a0"):
        raise EmptyInputError(f"{name}: nothing but white space; expected an article in Arabic.")
    if len(text) > max_chars:
        raise _too_large(name, f"{len(text):,} characters", max_chars)
    if not _ARABIC.search(text) and not (document.is_html and _ARABIC_REFERENCE.search(text)):
        raise NotArabicError(
            f"{name}: no Arabic letter in {len(text):,} characters; expected an article in Arabic. "
            "If it is Arabic on screen, save it as UTF-8."
        )
    if "\x00" not in text:
        return document
    return replace(document, text=text.replace("\x00", " "))


def _too_large(name: str, size: str, max_chars: int) -> InputTooLargeError:
    return InputTooLargeError(f"{name}: {size}; the limit is {max_chars:,} characters. Cut it into its articles.")


def _looks_like_html(text: str) -> bool:
    return bool(_DOCTYPE.match(text)) or len(_CLOSED_BLOCK.findall(text, 0, 20_000)) >= _HTML_BLOCKS


def _decoded(data: bytes, name: str) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _plausible(data[len(mark) :].decode(encoding, errors="replace"), name)
    utf16 = _utf16_without_mark(data)
    if utf16 is not None:
        return utf16
    try:
        return _plausible(data.decode("utf-8"), name)
    except UnicodeDecodeError:
        pass
    declared = _CHARSET.search(data, 0, 4096)
    for encoding in ([declared[1].decode("ascii")] if declared else []) + ["windows-1256"]:
        try:
            text = data.decode(encoding, errors="replace")
        except (LookupError, UnicodeError):  # a page may declare a charset that nobody knows, or one of no text
            continue
        if _reads_as_arabic(text):
            return text
    return _plausible(data.decode("utf-8", errors="replace"), name)


def _plausible(text: str, name: str) -> str:
    sample = text[:_SAMPLE_BYTES]
    odd = len(_NOT_TEXT.findall(sample))
    if odd * 10 > len(sample):
        raise BinaryInputError(
            f"{name}: {odd:,} of the first {len(sample):,} characters are not text; expected UTF-8, UTF-16 or windows-1256. "
            "Save the article as UTF-8 text."
        )
    return text


def _utf16_without_mark(data: bytes) -> str | None:
    """UTF-16 without a mark shows in its high bytes: of Arabic and ASCII they are 0x06 and 0x00 in nearly every pair."""
    sample = data[: _SAMPLE_BYTES - _SAMPLE_BYTES % 2]
    if len(sample) < 8 or len(data) % 2:
        return None
    for encoding, high in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[0::2])):
        arabic, ascii_ = high.count(6), high.count(0)
        if arabic >= 2 and (arabic + ascii_) * 10 >= len(high) * 8:
            return data.decode(encoding, errors="replace")
    return None


def _reads_as_arabic(text: str) -> bool:
    """Whether bytes above ASCII turned into Arabic words: no controls, and mostly the alphabet's commonest letters."""
    sample = text[:_SAMPLE_BYTES]
    high = [character for character in sample if character > "\x7f"]
    letters = [character for character in high if _ARABIC.match(character)]
    if not letters or len(_NOT_TEXT.findall(sample)) * 50 > len(sample):
        return False
    common = sum(character in _COMMON_ARABIC for character in letters)
    return len(letters) * 10 >= len(high) * 8 and common * 10 >= len(letters) * 5
