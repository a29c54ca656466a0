"""The schemas of the corpus's rows: valid themselves, kept by every row that is committed, and told in words."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from training.corpus import read_jsonl
from training.row_schema import SPLITS, RowKind, read_schema, schema_faults

ROOT = Path(__file__).resolve().parents[2]
OWN = {"id": "a", "text": "نص", "stance": "mine", "claim_types": ["rumour"], "split": "train"}
POINTER = {
    "id": "T1", "repo": "o/r", "path": "p.txt", "start": 0, "length": 2, "sha1": "0" * 40,
    "stance": "for", "claim_types": [], "split": "test",
}  # fmt: skip


@pytest.mark.parametrize("kind", get_args(RowKind))
def test_a_schema_is_one_and_says_of_every_field_what_it_expects(kind: RowKind):
    schema = read_schema(kind)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) <= set(schema["properties"])
    assert all(field["description"] for field in schema["properties"].values())


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        ("composed", "data/composed/*.jsonl"),
        ("composed", "tests/fixtures/smoke_corpus.jsonl"),
        ("real", "data/real/labels.jsonl"),
    ],
)
def test_every_committed_row_keeps_its_schema(kind: RowKind, pattern: str):
    paths = sorted(ROOT.glob(pattern))
    assert paths
    assert [f for path in paths for n, item in read_jsonl(path) for f in schema_faults(item, kind, f"{path}:{n}")] == []


def test_the_schemas_know_the_same_splits_and_labels_as_the_code():
    for kind in ("composed", "real"):
        fields = read_schema(kind)["properties"]
        assert tuple(fields["split"]["enum"]) == SPLITS
        assert all(
            fields[name] == read_schema("real")["properties"][name] for name in ("stance", "claim_types", "sure")
        )


def test_a_row_of_ones_own_needs_five_fields():
    assert schema_faults(OWN, "composed", "f:1") == []
    for name in OWN:
        row = {key: value for key, value in OWN.items() if key != name}
        (told,) = schema_faults(row, "composed", "f:1")
        assert told.startswith(f"f:1: {name}: missing, expected ")


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("id", "", "'' found, expected a name that is not empty"),
        ("text", " \n", r"' \n' found, expected the sentence as it stands"),
        ("stance", 3, "3 found, expected one stance"),
        ("claim_types", "denial", "'denial' found, expected a list of claim types"),
        (
            "claim_types",
            ["a", "a"],
            "['a', 'a'] found, expected a list of claim types by their names in the config, each",
        ),
        ("claim_types", [1], "[1] found, expected a list"),
        ("split", "dev", "'dev' found, expected one of train, validation, test"),
        ("article_id", 7, "7 found, expected the name of the article"),
        ("position", -1, "-1 found, expected the sentence's place in the article, from 0, or null"),
        ("position", True, "True found, expected the sentence's place"),
        ("kind", "boilerplate", "'boilerplate' found, expected one of headline, body, caption"),
        ("phenomena", None, "None found, expected a list of names"),
        ("sure", "no", "'no' found, expected true, or false"),
        ("second_reading", {"stance": "mine"}, "expected an object with the stance and claim_types"),
        ("first_reading", {"stance": "mine", "claim_types": [], "by": "x"}, "expected an object with the stance"),
        ("artcle_id", "x", "no such field, expected any of id, text, stance"),
    ],
)
def test_what_a_row_breaks_is_told_with_place_field_and_value(field: str, value: Any, told: str):
    (fault,) = schema_faults({**OWN, field: value}, "composed", "f.jsonl:3")
    assert fault.startswith(f"f.jsonl:3: {field}: ")
    assert told in fault


def test_optional_fields_may_be_null_where_rows_have_it_so():
    row = {**OWN, "article_id": None, "position": None, "group": None, "kind": "body", "sure": False, "phenomena": []}
    assert schema_faults(row, "composed", "f:1") == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("sha1", "A" * 40), ("start", -1), ("length", 0), ("repo", "r"), ("drawn", "chosen"), ("text", "نص")],
)
def test_a_pointer_that_points_nowhere_or_holds_text(field: str, value: Any):
    assert schema_faults(POINTER, "real", "f:1") == []
    (fault,) = schema_faults({**POINTER, field: value}, "real", "f:1")
    assert fault.startswith(f"f:1: {field}: ")
    assert "نص" not in fault


def test_all_faults_of_a_row_are_told_and_long_values_cut_short():
    row = {"id": 1, "text": "ن" * 500, "stance": "x" * 500, "claim_types": [], "split": "x" * 500, "url": "…"}
    faults = schema_faults(row, "composed", "f:1")
    assert [fault.split(": ")[1] for fault in faults] == ["id", "split", "url"]
    assert max(map(len, faults)) < 300
    assert schema_faults([json.dumps(row)], "composed", "f:1")[0].startswith(
        "f:1: list found, expected an object with id"
    )
