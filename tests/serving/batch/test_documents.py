"""docs/batch.md and docs/deploy tell what is: the columns that come out, and files that parse."""

import re
import shlex
import subprocess

import pyarrow as pa
import pytest
import yaml

from serving.batch.options import load_options
from serving.batch.shape import Shape
from tasrih.labels import LabelSet
from tests.serving.server import ROOT

LABELS = LabelSet.from_json({"stances": ["s1", "s2"], "claims": ["c1", "c2"]})


def documented(kind):
    """Names and types as the guide has them, the labels' columns written out."""
    text = (ROOT / "docs" / "batch.md").read_text(encoding="utf-8")
    lines = text.split(f"| {kind} | type | |\n")[1].split("\n\n")[0].splitlines()[1:]
    columns = {}
    for line in lines:
        names, types = line.split("|")[1:3]
        # The last type stands for the names that follow, too.
        kinds = [one.strip().replace("list of string", "list<element: string>") for one in types.split(",")]
        for place, name in enumerate(re.findall(r"`(\w+)`", names)):
            written = {"STANCE": LABELS.stance_names, "CLAIM": LABELS.claim_names}.get(name.partition("_")[2], ("",))
            for label in written:
                column = name.partition("_")[0] + "_" + label if label else name
                columns[column] = kinds[min(place, len(kinds) - 1)]
    return columns


def made(schema):
    return {one.name: str(one.type).replace("item:", "element:") for one in schema}


def test_the_guide_tells_every_column_with_its_type():
    shape = Shape(LABELS, pa.schema([]), load_options({"inputs": ["x"], "output": "y"}))
    sentences, articles = documented("sentences"), documented("articles")
    assert list(sentences.items()) == list(made(shape.sentences).items())
    shared = {name: sentences[name] for name, kind in articles.items() if not kind}
    assert {**articles, **shared} == made(shape.articles)


def test_the_columns_are_those_that_callers_know():
    shape = Shape(LABELS, pa.schema([("desk", pa.int64())]), load_options({"inputs": ["x"], "output": "y"}))
    assert made(shape.sentences) == {
        "article_id": "string", "article_row": "int64", "source": "string", "published": "string", "place": "int32",
        "kind": "string", "text": "string", "start": "int32", "end": "int32", "stance": "string", "p_s1": "double",
        "p_s2": "double", "claim_types": "list<element: string>", "p_c1": "double", "p_c2": "double", "needs_review": "bool",
        "n_tokens": "int32", "truncated": "bool", "release": "string",
    }  # fmt: skip
    assert made(shape.articles) == {
        "article_id": "string", "article_row": "int64", "source": "string", "published": "string", "offsets_of": "string",
        "n_sentences": "int32", "n_review": "int32", "n_boilerplate_lines": "int32", "share_s1": "double",
        "share_s2": "double", "n_c1": "int32", "n_c2": "int32", "reason": "string", "extracted_text": "string",
        "release": "string", "desk": "int64",
    }  # fmt: skip


def deployed(name):
    return yaml.safe_load((ROOT / "docs" / "deploy" / name).read_text(encoding="utf-8"))


def test_the_cluster_and_its_job_parse():
    cluster, job = deployed("ray-cluster.yaml"), deployed("rayjob.yaml")
    assert cluster["head_node_type"] in cluster["available_node_types"]
    workers = job["spec"]["rayClusterSpec"]["workerGroupSpecs"]
    assert f"--ray-actors {workers[0]['replicas']} " in job["spec"]["entrypoint"]


@pytest.mark.parametrize(("code", "is_well"), [(0, True), (3, True), (1, False), (2, False)])
def test_a_job_that_is_done_is_not_done_again(tmp_path, code, is_well):
    (tmp_path / "tasrih").write_text(f"#!/bin/sh\nexit {code}\n", encoding="utf-8")
    (tmp_path / "tasrih").chmod(0o755)
    words = shlex.split(deployed("rayjob.yaml")["spec"]["entrypoint"])
    done = subprocess.run(words, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=False)
    assert (done.returncode == 0) is is_well
