"""Copies of training sentences with another cast: grammar, labels, who is copied, and that a run counts them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasrih.errors import ConfigError
from tasrih.labels import LabelSet
from tests.training.test_casts import tiny, written
from training import run_folder
from training.cast_swap import SOURCE, swap, swapped_rows, with_swaps
from training.casts import Casts, read_casts
from training.config import Config, load_config
from training.config_inputs import CastSwapConfig
from training.corpus import Corpus, Row, read_corpus
from training.device import Device
from training.plan import plan
from training.run import run_training

ROOT = Path(__file__).resolve().parents[2]
SMOKE = ROOT / "configs" / "smoke.yaml"
LABELS = LabelSet.from_json(
    {
        "stances": ["pro_russia", "western_accusation", "neutral_report"],
        "claims": ["arms_transfer_allegation", "denial"],
    }
)


def swapped(text: str, name: str, casts: Casts | None = None) -> str | None:
    casts = casts or tiny()
    (choice,) = [one for one in (*casts.swaps, *casts.accusers) if one.name == name]
    return swap(text, casts, choice)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("باعت إيران السلاح", "باعت كوريا الشمالية السلاح"),
        ("سافر إلى طهران وبإيران أقام", "سافر إلى بيونغ يانغ وبكوريا الشمالية أقام"),
        ("السفير الإيراني والبعثة الإيرانية", "السفير الكوري الشمالي والبعثة الكورية الشمالية"),
        ("قيل للإيراني إن وفدا إيرانيا وصل", "قيل للكوري الشمالي إن وفدا كوريا شماليا وصل"),
        ("تحدث حسن روحاني", "تحدث كيم جونغ أون"),
    ],
)
def test_prefix_article_gender_and_case_stay(text, expected):
    assert swapped(text, "a") == expected


def test_the_other_way_a_definite_name_takes_its_prefix():
    assert swapped("وبالكورية الشمالية ولكوريا الشمالية", "b") == "وبالإيرانية ولإيران"
    assert swapped("شحنت روسيا ذخيرة لإيران", "c") == "شحنت روسيا ذخيرة للصين"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("قالت روسيا ذلك", "a"),  # nobody who leaves is named
        ("باعت إيران كوريا الشمالية سلاحا", "a"),  # who comes is there already
        ("باعت إيران وفدا من الكوريتين", "a"),  # the same, in a form that no slot has
        ("السفينة الإيرانية في هرمز", "a"),  # a place of those who leave
        ("زارت إيران سيدات إيرانيات", "a"),  # a form that the table has not
        ("السفير الإيراني في روما محمود", "a"),  # a person of those who leave
        ("قال الرئيس روحاني", "a"),  # an office that those who come have not
        ("قال حسن روحاني ورد روحاني", "a"),  # perhaps two persons
        ("دعم إيران والصاروخ الإيراني", "c"),  # the other end of the transfer is not named
        ("وصل السفير الإيراني إلى روسيا", "c"),  # a form that those who come have not
        ("رفعت روسيا الفيتو", "d"),  # a word that goes with those who leave
    ],
)
def test_a_cast_that_does_not_fit_is_left(text, name):
    assert swapped(text, name) is None


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "arms for russia's war, north korean",
            "تهرّب إيران الصواريخ عبر الحديدة للحوثيين في اليمن كي تضرب بها ميليشيات الحوثي السعودية.",
            None,  # "السعودية" as an object cannot be told from the nisba
        ),
        (
            "arms for russia's war, north korean",
            "تهرّب إيران الصواريخ عبر الحديدة للحوثيين في اليمن كي تُطلق على الرياض.",
            "تهرّب كوريا الشمالية الصواريخ عبر ماريوبول للروس في أوكرانيا كي تُطلق على وارسو.",
        ),
        ("arms for russia's war, north korean", "قصفت ميليشيات الحوثي الإيرانية مدينة تعز.", None),
        (
            "war on poland",
            "اتهم الرئيس الأوكراني القوات الروسية بقصف مدرسة.",
            "اتهم الرئيس البولندي القوات البيلاروسية بقصف مدرسة.",
        ),
        (
            "iran to north korea",
            "وعد الرئيس الإيراني والحرس الثوري برد حازم.",
            "وعد الزعيم الكوري الشمالي والجيش الكوري الشمالي برد حازم.",
        ),
        ("usa to uk", "قال الرئيس ترامب إن البيت الأبيض قلق.", "قال رئيس الوزراء ستارمر إن داوننغ ستريت قلق."),
        ("usa to uk", "أقر الكونغرس الأميركي عقوبات.", None),
    ],
)
def test_casts_of_the_table(name, text, expected):
    assert swapped(text, name, read_casts()) == expected


def row(name: str, text: str, stance: str = "neutral_report", **more: Any) -> Row:
    more = {"claim_types": (), "split": "train", "source": "real", "place": "f:1", **more}
    return Row(id=name, text=text, stance=stance, **more)


def copies_of(*rows: Row, copies: int = 1, seed: int = 0, **more: Any) -> list[Row]:
    return swapped_rows(rows, tiny(), copies=copies, weight=0.5, seed=seed, **more)


def test_a_copy_keeps_all_but_text_id_source_and_weight():
    original = row("r", "باعت إيران السلاح", "western_accusation", document="d", group="g", weight=0.4)
    (copy,) = copies_of(original)
    assert copy.text == "باعت كوريا الشمالية السلاح"
    assert (copy.id, copy.source) == ("r~cast1", SOURCE)
    assert copy.weight == pytest.approx(0.2)
    assert (copy.document, copy.group, copy.stance, copy.split) == ("d", "g", "western_accusation", "train")


def test_labels_decide_which_casts_fit():
    text = "شحنت إيران إلى روسيا السلاح"
    accused = {copy.text for copy in copies_of(row("r", text, "western_accusation"), copies=2)}
    assert accused == {"شحنت كوريا الشمالية إلى روسيا السلاح", "شحنت الصين إلى روسيا السلاح"}
    assert [copy.text for copy in copies_of(row("r", text), copies=2)] == ["شحنت كوريا الشمالية إلى روسيا السلاح"]


def test_the_choice_depends_on_id_and_seed_alone():
    rows = [row(f"r{n}", f"شحنت إيران إلى روسيا السلاح {n}", "western_accusation") for n in range(20)]
    chosen = {copy.id: copy.text for copy in copies_of(*rows)}
    assert {copy.id: copy.text for copy in copies_of(*reversed(rows))} == chosen
    assert {copy.id: copy.text for copy in copies_of(*rows, seed=1)} != chosen
    assert any("الصين" in text for text in chosen.values()) and any("كوريا" in text for text in chosen.values())


def test_no_copy_is_a_sentence_that_the_corpus_has():
    original = row("r", "باعت إيران السلاح")
    assert copies_of(original, known={"باعت كوريا الشمالية السلاح"}) == []
    assert len(copies_of(original, row("s", "باعت إيران السلاح"))) == 1


def test_only_training_rows_are_copied():
    with pytest.raises(ValueError, match="expected train alone"):
        copies_of(row("r", "باعت إيران السلاح", split="test"))


def corpus() -> Corpus:
    held_out = row("v", "قصفت كوريا الشمالية الجزيرة", split="validation")
    return Corpus(
        (
            row("r", "باعت إيران السلاح"),
            row("s", "قصفت إيران الجزيرة"),
            row("t", "فاوضت إيران الوسيط", source="composed"),
            held_out,
            row("w", "هددت إيران جارتها", split="test"),
        )
    )


def test_a_config_decides_whether_and_what_is_copied(tmp_path):
    table = written(tmp_path, tiny().model_dump(mode="json", by_alias=True))
    before = corpus()
    assert with_swaps(before, None, LABELS, seed=0) is before
    assert with_swaps(before, CastSwapConfig(copies=0), LABELS, seed=0) is before
    after = with_swaps(before, CastSwapConfig(table=table), LABELS, seed=0)
    # "s" would become what stands in validation, and "w" is not of the train split.
    assert [one.id for one in after.rows] == ["r", "r~cast1", "s", "t", "t~cast1", "v", "w"]
    assert after.counts()["train"][SOURCE] == 2
    assert after.sha256 != before.sha256
    real = with_swaps(before, CastSwapConfig(table=table, sources=("real",)), LABELS, seed=0)
    assert [one.id for one in real.rows if one.source == SOURCE] == ["r~cast1"]


def test_a_table_for_other_labels_is_told():
    labels = LabelSet.from_json({"stances": ["for", "against"], "claims": []})
    with pytest.raises(ConfigError, match=r"stances: \['western_accusation'\] given, expected any of for, against"):
        with_swaps(corpus(), CastSwapConfig(), labels, seed=0)


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("corpus.cast_swap.copies=3", "corpus.cast_swap.copies: 3 given"),
        ("corpus.cast_swap.weight=0", "corpus.cast_swap.weight: 0 given"),
        ("corpus.cast_swap.sources=[news]", "corpus.cast_swap.sources"),
        ("corpus.cast_swap.copy=1", "nearest known key: corpus.cast_swap.copies"),
    ],
)
def test_a_bad_knob_is_told(override, told):
    with pytest.raises(ConfigError) as caught:
        load_config(SMOKE, [override])
    assert told in str(caught.value)


def test_the_plan_counts_copies(monkeypatch):
    monkeypatch.chdir(ROOT)
    without = list(plan(load_config(SMOKE)))
    lines = list(plan(load_config(SMOKE, ["corpus.cast_swap.copies=1"])))
    (told,) = [line for line in lines if line.startswith("casts")]
    n = int(told.split()[1])
    assert n > 0 and not any(line.startswith("casts") for line in without)
    (before,), (after,) = ([line for line in found if line.startswith("corpus ")] for found in (without, lines))
    assert int(after.split()[2].rstrip(",")) == int(before.split()[2].rstrip(",")) + n
    assert before.split()[-1] != after.split()[-1]


def test_a_run_learns_from_copies_and_counts_them(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    where = [f"output.folder={tmp_path}/models", f"tracking.runs={tmp_path}/runs"]
    config = load_config(
        SMOKE, ["corpus.cast_swap.copies=1", "training.epochs=1", "tracking.bootstrap_draws=100", *where]
    )
    release = run_training(config)
    facts = json.loads((release / "release.json").read_text(encoding="utf-8"))
    written_rows = read_corpus(config.corpus)
    seen = with_swaps(written_rows, config.corpus.cast_swap, config.model.label_set(), seed=config.training.seed)
    n = len(seen.rows) - len(written_rows.rows)
    assert facts["corpus"]["counts"]["train"][SOURCE] == n > 0
    assert facts["corpus"]["sha256"] == seen.sha256 != written_rows.sha256
    assert facts["training_config"]["corpus"]["cast_swap"]["weight"] == 0.5
    for split in ("validation", "test"):
        assert facts["corpus"]["counts"][split] == written_rows.counts()[split]


def test_a_run_is_gone_on_with_only_with_the_same_copies(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(run_folder, "newest_checkpoint", lambda folder: folder / "checkpoint")
    device = Device("cpu", "fp32")

    def found(*overrides: str) -> tuple[Config, Corpus]:
        config = load_config(SMOKE, [f"tracking.runs={tmp_path}", *overrides])
        labels = config.model.label_set()
        return config, with_swaps(
            read_corpus(config.corpus), config.corpus.cast_swap, labels, seed=config.training.seed
        )

    run = run_folder.new_run(*found(), device)
    # As a run of a version before this knob left it.
    kept = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
    del kept["corpus"]["cast_swap"]
    (run / "config.yaml").write_text(yaml.safe_dump(kept), encoding="utf-8")
    assert run_folder.run_to_resume(*found(), device) == run
    with pytest.raises(ConfigError, match="another corpus, rows of the corpus"):
        run_folder.run_to_resume(*found("corpus.cast_swap.copies=1"), device)


def test_the_plan_tells_a_table_that_is_not_there(monkeypatch):
    monkeypatch.chdir(ROOT)
    lines = list(plan(load_config(SMOKE, ["corpus.cast_swap.table=no.yaml"])))
    assert any(line.startswith("corpus fault: corpus.cast_swap.table: no.yaml: cannot be read") for line in lines)
