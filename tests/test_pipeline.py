"""The whole flow on the current release."""

import json
import random
from pathlib import Path

import numpy as np
import pytest

from tasrih import Document, Labeller
from tasrih.encoding import Encoder, batches
from tasrih.errors import EngineError
from tasrih.types import Kind

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
COMPOSED = ROOT / "data" / "composed"

# One sentence of each label and combination, short and long, written for this test.
TEXTS = [
    "اتهمت سيول موسكو بأنها تسلمت من بيونغ يانغ مئات آلاف القذائف عبر ميناء راجين.",
    "ونفى المتحدث باسم الكرملين هذه المزاعم جملة وتفصيلا.",
    "افتتح معرض للكتاب في مسقط بمشاركة ثلاثين دارا للنشر.",
    "وأشاد الزعيم الكوري الشمالي بتحالف لا يتزعزع مع روسيا في وجه الهيمنة الأميركية.",
    "قال الوزير",
    "تقول واشنطن إن طهران سلمت موسكو مسيّرات هجومية، لكن الخارجية الإيرانية تصف ذلك بأنه محض افتراء.",
    "وصل الوفد صباح الخميس إلى المطار حيث كان في استقباله نائب وزير الخارجية وسفير بلاده وعدد من أبناء الجالية "
    "المقيمين في العاصمة، على أن يعقد بعد الظهر جولة محادثات أولى تتناول التعاون في مجالات الزراعة والسياحة والنقل الجوي.",
    "كلمة " * 700,
]


@pytest.mark.parametrize("precision", ["auto", "f32"])
def test_a_sentence_gets_the_same_bits_alone_batched_and_shuffled(precision):
    labeller = Labeller.open(precision=precision)
    order = list(range(len(TEXTS))) * 3
    random.Random(7).shuffle(order)
    together = labeller.label_texts(TEXTS)
    shuffled = labeller.label_texts([TEXTS[place] for place in order])
    alone = [labeller.label_texts([text])[0] for text in TEXTS]
    # Probabilities, to six decimals; the logits beneath are compared below, of sentences that share batches.
    assert together == alone
    assert shuffled == [alone[place] for place in order]


def test_the_clearest_sentences_get_their_labels(labeller):
    shells, denial, fair, praise, _, both, visit, _ = labeller.label_texts(TEXTS)
    assert shells.stance == "western_accusation" and shells.claim_types == ("arms_transfer_allegation",)
    assert denial.stance == "pro_russia" and denial.claim_types == ("denial",)
    assert fair.stance == visit.stance == "neutral_report" and not fair.claim_types and not visit.claim_types
    assert praise.stance == "pro_russia" and not praise.claim_types
    assert set(both.claim_types or ()) == {"arms_transfer_allegation", "denial"}


def test_probabilities_and_counts(labeller):
    for sentence in labeller.label_texts(TEXTS):
        assert sentence.stance_probabilities and sentence.claim_probabilities is not None
        assert sum(sentence.stance_probabilities.values()) == pytest.approx(1, abs=3e-6)
        assert sentence.stance == max(sentence.stance_probabilities, key=sentence.stance_probabilities.__getitem__)
        assert all(0 <= p <= 1 for p in sentence.claim_probabilities.values())
        assert sentence.kind is Kind.SENTENCE and sentence.n_tokens and sentence.n_tokens > 2
    *short, long = labeller.label_texts(TEXTS)
    assert long.truncated and long.n_tokens and long.n_tokens > labeller.release.max_length
    assert not any(sentence.truncated for sentence in short)


def test_articles_keep_their_order_and_their_sentences(labeller):
    pages = [Document(text=text, id=str(number)) for number, text in enumerate(TEXTS[:4])]
    reports = labeller.label_articles([*pages, Document(text="شارك المقال", id="menu"), *pages[::-1]])
    assert [report.id for report in reports] == ["0", "1", "2", "3", "menu", "3", "2", "1", "0"]
    for page, report in zip(pages, reports, strict=False):
        assert [sentence.text for sentence in report.sentences] == [page.text]
        assert report.summary.n_sentences == 1 and report.reason is None


def test_offsets_of_the_example_page(labeller):
    page = (EXAMPLES / "article.txt").read_text(encoding="utf-8")
    (report,) = labeller.label_articles([Document(text=page)], keep_boilerplate=True)
    assert report.offsets_of == "input" and report.text is None
    assert all(page[sentence.start : sentence.end] == sentence.text for sentence in report.sentences)
    starts = [sentence.start for sentence in report.sentences]
    assert starts == sorted(starts)
    assert report.summary.n_boilerplate_lines == sum(s.kind is Kind.BOILERPLATE for s in report.sentences) > 0
    for claim, places in report.summary.claims.items():
        assert places == tuple(i for i, s in enumerate(report.sentences) if claim in (s.claim_types or ()))
    assert sum(report.summary.stance_shares.values()) == pytest.approx(1)


def test_a_page_of_furniture_alone_gives_an_empty_report_with_a_reason(labeller):
    (report,) = labeller.label_articles([Document(text="شارك المقال\nاترك تعليقاً\n")])
    assert report.sentences == () and report.reason and "boilerplate" in report.reason
    assert not any(report.summary.stance_shares.values())


def test_an_unknown_engine_is_refused():
    with pytest.raises(EngineError, match="'tpu' given; choose one of auto"):
        Labeller.open(engine="tpu")


def test_threads_may_share_a_labeller(labeller):
    from concurrent.futures import ThreadPoolExecutor

    expected = labeller.label_texts(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: labeller.label_texts(TEXTS), range(8)))
    assert all(answer == expected for answer in answers)


@pytest.mark.parametrize("precision", ["auto", "f32"])
def test_logits_are_bit_equal_alone_and_batched(precision):
    labeller = Labeller.open(precision=precision)
    encoder = Encoder(labeller.release.layout.tokenizer, max_length=labeller.release.max_length)
    # Different ones, of lengths that many share.
    rows = [json.loads(line) for path in sorted(COMPOSED.glob("*.jsonl")) for line in path.open(encoding="utf-8")]
    encoded = encoder.encode([row["text"] for row in rows if row["split"] == "test"][:120])
    limits = {"pad_id": labeller.release.pad_id, "max_length": labeller.release.max_length}

    def logits(budget: int) -> np.ndarray:
        placed = list(batches(encoded, max_batch_tokens=budget, **limits))
        assert (max(len(one.places) for one in placed) > 8) == (budget > 1)
        labels = labeller.release.labels
        rows = np.zeros((len(encoded), len(labels.stances) + len(labels.claims)), dtype=np.float32)
        for one, answer in zip(placed, labeller.engine.run(p.batch for p in placed), strict=True):
            rows[list(one.places)] = np.concatenate([answer.stance_BS, answer.claims_BC], axis=1)
        return rows

    alone, batched = logits(1), logits(4096)
    assert alone.tobytes() == batched.tobytes()
