"""`tasrih reviews`: corpus rows that training takes, agreement between reviewers, and the list."""

import json

import pytest

from serving.reviews.agreement import STANCE, agreements, kappa
from serving.reviews.corpus import make_corpus, split_of
from serving.reviews.database import sqlite_url
from serving.reviews.draft import Draft
from serving.reviews.review import Review
from serving.reviews.store import Reviews
from tasrih import cli

ALLEGATION = "قالت سيول إن بيونغ يانغ أرسلت حاويات من القذائف."
DENIAL = "ونفى المتحدث ذلك."
PLAIN = "وصل الوفد إلى مسقط."


def review(id, text, stance, claim_types=(), reviewer="سلمى", **more):
    return Review(
        id=id, created="2024-06-19T08:15:30.000Z", text=text, stance=stance, claim_types=tuple(claim_types),
        reviewer=reviewer, **more,
    )  # fmt: skip


def test_the_latest_review_of_each_reviewer_counts():
    corpus = make_corpus([
        review(1, DENIAL, "neutral_report", ["denial"]),
        review(2, ALLEGATION, "western_accusation", ["arms_transfer_allegation"], article_id="م1", place=3),
        review(3, DENIAL, "pro_russia", ["denial"], reviewer="ليلى"),
        review(4, DENIAL, "pro_russia", ["denial"]),
        review(5, PLAIN, "neutral_report"),
        review(6, PLAIN, "neutral_report", ["denial"], reviewer="ليلى", note="فيها نفي"),
    ])  # fmt: skip
    assert [(row["text"], row["stance"], row["claim_types"]) for row in corpus.rows] == [
        (DENIAL, "pro_russia", ["denial"]),
        (ALLEGATION, "western_accusation", ["arms_transfer_allegation"]),
    ]
    assert (corpus.rows[1]["article_id"], corpus.rows[1]["position"]) == ("م1", 3)
    (differing,) = corpus.disagreements
    assert differing["text"] == PLAIN
    assert [(one["reviewer"], one["claim_types"]) for one in differing["readings"]] == [
        ("سلمى", []),
        ("ليلى", ["denial"]),
    ]


def test_splits_depend_on_the_article_alone():
    rows = make_corpus([review(n, f"{PLAIN} {n}", "neutral_report", article_id=f"م{n % 40}") for n in range(400)]).rows
    by_article = {row["article_id"]: row["split"] for row in rows}
    assert all(row["split"] == by_article[row["article_id"]] == split_of(row["article_id"]) for row in rows)
    splits = [split_of(f"{PLAIN} {n}") for n in range(5000)]
    assert all(abs(splits.count(name) / 5000 - share) < 0.02 for name, share in
               (("train", 0.8), ("validation", 0.1), ("test", 0.1)))  # fmt: skip
    # Pinned: a row that moves into another split spoils every comparison with a release before.
    assert [split_of(name) for name in ("م1", "م3", "م5", DENIAL)] == ["train", "validation", "test", "train"]


def test_kappa_equals_worked_examples():
    # Fifty proposals: both yes 20, both no 15, one yes 5, other yes 10; the textbook's 0.4.
    one = [True] * 25 + [False] * 25
    other = [True] * 20 + [False] * 5 + [True] * 10 + [False] * 15
    assert kappa(one, other) == pytest.approx(0.4)
    assert kappa(one, one) == pytest.approx(1.0)
    assert kappa([True, False], [False, True]) == pytest.approx(-1.0)
    assert kappa(["x"], ["x"]) is None
    sklearn = pytest.importorskip("sklearn.metrics")
    stances = ["a", "b", "c", "a", "b", "c", "a", "a"], ["a", "b", "b", "c", "b", "c", "a", "b"]
    assert kappa(*stances) == pytest.approx(sklearn.cohen_kappa_score(*stances))


def test_agreement_of_pairs():
    found = agreements([
        review(1, DENIAL, "neutral_report", ["denial"]),
        review(2, DENIAL, "pro_russia", ["denial"], reviewer="ليلى"),
        review(3, PLAIN, "neutral_report"),
        review(4, PLAIN, "neutral_report", reviewer="ليلى"),
        review(5, ALLEGATION, "western_accusation", reviewer="هدى"),
    ])  # fmt: skip
    assert {one.reviewers for one in found} == {("سلمى", "ليلى")}
    by_label = {one.label: one for one in found}
    assert set(by_label) == {STANCE, "neutral_report", "pro_russia", "denial"}
    assert (by_label[STANCE].n, by_label[STANCE].share) == (2, 0.5)
    assert by_label["denial"].kappa == pytest.approx(1.0)


@pytest.fixture
def kept(tmp_path):
    reviews = Reviews(sqlite_url(tmp_path / "state"))
    for number, (text, stance, claims, reviewer) in enumerate([
        (DENIAL, "pro_russia", ["denial"], "سلمى"),
        (ALLEGATION, "western_accusation", ["arms_transfer_allegation"], "سلمى"),
        (PLAIN, "neutral_report", [], "سلمى"),
        (PLAIN, "pro_russia", [], "ليلى"),
    ]):  # fmt: skip
        reviews.add(
            Draft(text=text, stance=stance, claim_types=claims, reviewer=reviewer, article_id="م7", place=number)
        )
    reviews.close()
    return tmp_path


def run(kept, *words):
    return cli.main(["reviews", *words, "--state-folder", str(kept / "state")])


def test_exported_rows_are_a_corpus(kept, capsys):
    output, differing = kept / "corpus.jsonl", kept / "differing.jsonl"
    assert run(kept, "export", "--output", str(output), "--disagreements", str(differing)) == 0
    said = capsys.readouterr()
    assert "2 rows" in said.out and "1 texts left out" in said.err
    assert [json.loads(line)["text"] for line in differing.read_text().splitlines()] == [PLAIN]
    first = output.read_bytes()
    assert run(kept, "export", "--output", str(output)) == 0 and output.read_bytes() == first
    jsonschema = pytest.importorskip("jsonschema")
    from tests.serving.server import ROOT

    schema = json.loads((ROOT / "training" / "schemas" / "composed.schema.json").read_text(encoding="utf-8"))
    for line in output.read_text(encoding="utf-8").splitlines():
        jsonschema.validate(json.loads(line), schema)


def test_agreement_and_list(kept, capsys):
    assert run(kept, "agreement") == 0
    table = capsys.readouterr().out
    assert "سلمى and ليلى" in table and "n 1" in table
    assert run(kept, "agreement", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)[0]["label"] == STANCE
    assert run(kept, "list", "--limit", "2") == 0
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 2 and "2 of 4 shown" in said.err
    assert run(kept, "list", "--reviewer", "ليلى", "--format", "jsonl") == 0
    assert json.loads(capsys.readouterr().out)["text"] == PLAIN


def test_no_review_yet(tmp_path, capsys):
    assert cli.main(["reviews", "list", "--state-folder", str(tmp_path)]) == 2
    assert "nothing at" in capsys.readouterr().err and not list(tmp_path.iterdir())
    assert cli.main(["reviews", "list", "--database-url", "mysql://root:secret-word@host/x"]) == 2
    said = capsys.readouterr().err
    assert "--database-url: mysql: reviews are kept in" in said and "secret-word" not in said
