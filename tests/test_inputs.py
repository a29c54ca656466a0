"""Bytes and files to documents: encodings, HTML, what is refused and in which words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasrih.errors import BinaryInputError, EmptyInputError, InputError, InputTooLargeError, NotArabicError
from tasrih.inputs import check_text, decode, find_paths, read_path
from tasrih.types import Document

TEXT = "نفى الكرملين ذلك يوم الثلاثاء، وقال إن الوفد سيعود.\r\nوأضاف: لا جديد.\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        TEXT.encode("windows-1256"),
    ],
    ids=["utf-8", "utf-8-bom", "utf-16", "utf-16-be-bom", "utf-16-le", "utf-16-be", "utf-32", "windows-1256"],
)
def test_encodings_give_the_text_character_for_character(data):
    document = decode(data, name="a.txt")
    assert document == Document(text=TEXT, is_html=False, id="a.txt")


def test_a_few_bad_bytes_are_replaced():
    data = TEXT.encode() * 20
    text = decode(data[:41] + b"\xff\xfe\xff" + data[41:], name="a.txt").text
    assert 1 <= text.count("\ufffd") <= 6
    assert text.endswith(TEXT * 19)


def test_nul_becomes_a_space_so_that_offsets_stay():
    assert decode(TEXT.replace("ذلك", "ذل\x00").encode(), name="a").text == TEXT.replace("ذلك", "ذل ")


@pytest.mark.parametrize("encoding", ["windows-1256", "iso-8859-6", "utf-8"])
def test_a_page_declares_its_encoding(encoding):
    text = TEXT.replace("،", ",")
    page = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={encoding}"></head><body>{text}</body>'
    document = decode(page.encode(encoding), name="page")
    assert document.text == page
    assert document.is_html


def test_an_unknown_declared_encoding_is_passed_over():
    page = f"<html><meta charset=x-nonsense><body>{TEXT}</body></html>"
    assert decode(page.encode("windows-1256"), name="page").text == page


@pytest.mark.parametrize(
    ("text", "name", "is_html"),
    [
        (TEXT, "a.html", True),
        (TEXT, "a.HTM", True),
        (TEXT, "a.xhtml", True),
        (TEXT, "a.txt", False),
        (f"<!DOCTYPE html><p>{TEXT}", "a", True),
        (f"  <html>{TEXT}", "a.txt", True),
        (f"<div><p>{TEXT}</p></div>", "a", True),
        (f"قال <نعم> و x < y و a > b. {TEXT}", "a", False),
        (f"{TEXT}<br>\n{TEXT}<br>\n{TEXT}<br>\n<img src=x>", "a", False),
    ],
)
def test_html_is_told_by_suffix_or_content(text, name, is_html):
    assert decode(text.encode(), name=name).is_html is is_html


def test_letters_written_as_references_are_arabic():
    assert decode(b"<p>&#1606;&#1593;&#1605;</p>", name="a.html").is_html


@pytest.mark.parametrize("data", [b"", b" \n\t", b"\xef\xbb\xbf", "\u00a0\n".encode()])
def test_nothing_is_refused_as_empty(data):
    with pytest.raises(EmptyInputError, match=r"a\.txt"):
        decode(data, name="a.txt")


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        b"%PDF-1.7\n%\xe2\xe3",
        b"PK\x03\x04" + bytes(100),
        b"\xff\xd8\xff\xe0" + bytes(100),
        bytes(range(1, 32)) * 20,
        bytes(range(256)) * 20,
    ],
    ids=["png", "pdf", "zip", "jpeg", "controls", "all-bytes"],
)
def test_binary_is_refused(data):
    with pytest.raises(BinaryInputError, match=r"picture\.bin.*expected"):
        decode(data, name="picture.bin")


@pytest.mark.parametrize("text", ["plain English text.", "Это русский текст.", "123 456"])
def test_text_without_an_arabic_letter_is_refused(text):
    with pytest.raises(NotArabicError, match="no Arabic letter"):
        decode(text.encode(), name="a.txt")


def test_western_text_in_an_old_encoding_is_not_taken_for_arabic():
    with pytest.raises(InputError):
        decode("Déjà vu à l'été, été après été.".encode("latin-1"), name="a.txt")


def test_a_text_over_the_limit_is_refused_with_size_limit_and_way_out():
    with pytest.raises(
        InputTooLargeError, match=r"1,001 characters; the limit is 1,000 characters.*Cut it into its articles"
    ):
        decode(("ا" * 1001).encode(), name="a.txt", max_chars=1000)
    assert len(decode(("ا" * 1000).encode(), name="a.txt", max_chars=1000).text) == 1000
    with pytest.raises(InputTooLargeError, match="5,000 bytes"):
        decode(b"\xd8" * 5000, name="a.txt", max_chars=1000)


def test_check_text_holds_for_text_that_was_never_bytes():
    document = Document(text="نعم\x00لا", id="x", source="s", published="2024")
    assert check_text(document) == Document(text="نعم لا", id="x", source="s", published="2024")
    with pytest.raises(EmptyInputError):
        check_text(Document(text="  "))
    with pytest.raises(NotArabicError):
        check_text(Document(text="no"))
    with pytest.raises(InputTooLargeError):
        check_text(Document(text="نعم نعم"), max_chars=3)


def test_read_path_names_the_file(tmp_path):
    path = tmp_path / "خبر.txt"
    path.write_text(TEXT, encoding="utf-8", newline="")
    assert read_path(path) == Document(text=TEXT, id=str(path))
    with pytest.raises(InputError, match="cannot be read"):
        read_path(tmp_path / "none.txt")
    with pytest.raises(InputError, match="cannot be read"):
        read_path(tmp_path)
    with pytest.raises(InputTooLargeError):
        read_path(path, max_chars=10)


def test_find_paths_gives_text_and_html_sorted(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / ".hidden").mkdir()
    for name in ["b.txt", "a.HTML", "sub/c.htm", "d.png", ".e.txt", ".hidden/f.txt", "sub/g.md", "h.json"]:
        (tmp_path / name).write_text("x", encoding="utf-8")
    found = [path.relative_to(tmp_path).as_posix() for path in find_paths(tmp_path)]
    assert found == ["a.HTML", "b.txt", "sub/c.htm", "sub/g.md"]
    assert list(find_paths(tmp_path / "d.png")) == [tmp_path / "d.png"]
    with pytest.raises(InputError, match="no such file"):
        list(find_paths(tmp_path / "none"))


@given(st.binary(max_size=400))
def test_any_bytes_give_a_document_or_an_input_error(data):
    try:
        document = decode(data, name="x")
    except InputError as error:
        assert str(error).startswith("x: ")
    else:
        assert "\x00" not in document.text


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff"), max_size=80))
def test_utf8_comes_back_as_it_was(text):
    text = "نص " + text
    assert decode(text.encode(), name="x").text == text
