"""JSON lines: cut at line feeds, each with its number and, where it is no JSON, with the reason."""

import io

import pytest

from tasrih.jsonl import JsonLine, json_lines


def test_lines_are_numbered_past_empty_ones_and_cut_at_line_feeds_alone():
    text = '\ufeff{"a": "x\u2028y"}\r\n \t\n\n[1, 2.5]\n"end"'
    assert list(json_lines(io.BytesIO(text.encode()))) == [
        JsonLine(1, {"a": "x\u2028y"}),
        JsonLine(4, [1, 2.5]),
        JsonLine(5, "end"),
    ]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b'{"a": }', "Expecting value at column 7"),
        (b'{"a": 1} {}', "Extra data at column 10"),
        (b"\xff", "can't decode byte 0xff"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b'{"a": -Infinity}', "-Infinity is no JSON number"),
        (b'{"a": 1e999}', "1e999 is too large a number"),
        (b'{"a": "\\ud800"}', "surrogates not allowed"),
        (b"[" * 100_000, "recursion"),
    ],
)
def test_a_line_that_is_no_json_comes_with_its_fault_and_spoils_no_other(line, fault):
    bad, good = json_lines([line + b"\n", b"null\n"])
    assert bad.number == 1 and bad.value is None
    assert bad.fault is not None and fault in bad.fault
    assert good == JsonLine(2, None, None)


def test_lines_are_read_as_they_come():
    def source():
        yield b"1\n"
        raise AssertionError("read ahead")

    assert next(json_lines(source())).value == 1
