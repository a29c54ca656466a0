"""The table of casts: what it must say, and how names are found with their prefixes and article."""

import re
from pathlib import Path

import pytest
import yaml

from tasrih.errors import ConfigError
from training.cast_names import begins_word
from training.casts import Casts, read_casts

TINY = {
    "actors": {
        "iran": {
            "forms": {
                "state": ["إيران"],
                "capital": ["طهران"],
                "m": ["إيراني"],
                "f": ["إيرانية"],
                "ma": ["إيرانيا"],
                "leader": ["حسن روحاني"],
            },
            "also": {"state": ["ايران"], "leader": ["روحاني"]},
            "stems": ["إيران", "ايران", "طهران"],
            "ties": ["هرمز"],
        },
        "north_korea": {
            "forms": {
                "state": ["كوريا الشمالية"],
                "capital": ["بيونغ يانغ"],
                "m": ["كوري شمالي"],
                "f": ["كورية شمالية"],
                "ma": ["كوريا شماليا"],
                "leader": ["كيم جونغ أون"],
            },
            "stems": ["كوري", "بيونغ"],
            "never": ["الرئيس كيم"],
        },
        "russia": {
            "forms": {"state": ["روسيا"], "ma": ["روسيا"], "f": ["روسية"], "p": ["روس"], "po": ["روس"]},
            "stems": ["روس"],
        },
        "china": {"forms": {"state": ["الصين"], "f": ["صينية"]}, "stems": ["صين"]},
        "yemen": {"forms": {"oblique": ["اليمن"]}, "stems": ["يمن"]},
    },
    "given_names": ["محمود"],
    "swaps": [
        {"name": "a", "moves": {"iran": "north_korea"}},
        {"name": "b", "moves": {"north_korea": "iran"}},
        {"name": "c", "moves": {"iran": "china"}, "with": ["russia"], "stances": ["western_accusation"]},
        {"name": "d", "moves": {"russia": "iran"}, "words": ["فيتو"]},
    ],
}


def tiny() -> Casts:
    return Casts.model_validate(TINY)


def found(text: str) -> list[tuple[str, str, str, bool]]:
    return [(mention.actor, mention.slot, mention.lead, mention.article) for mention in tiny().mentions(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("إيران", ("iran", "state", "", False)),
        ("وبإيران", ("iran", "state", "وب", False)),
        ("لايران", ("iran", "state", "ل", False)),
        ("الإيراني", ("iran", "m", "", True)),
        ("وللإيراني", ("iran", "m", "ول", True)),
        ("كوريا الشمالية", ("north_korea", "state", "", False)),
        ("بالكورية الشمالية", ("north_korea", "f", "ب", True)),
        ("للصين", ("china", "state", "ل", False)),
        ("والصين", ("china", "state", "و", False)),
    ],
)
def test_prefixes_and_article(text, expected):
    assert found(text) == [expected]


@pytest.mark.parametrize("text", ["الإيرانيات", "إيرانهم", "كوريا الجنوبية", "الصينيون", "لالصين"])
def test_part_of_another_word_is_no_mention(text):
    assert found(text) == []


def test_a_name_whose_gender_differs_is_found_after_a_preposition_alone():
    assert [slot for _, slot, _, _ in found("حرب في اليمن ودعم لليمن")] == ["oblique", "oblique"]
    assert found("اليمن ينتظر") == []
    assert found("في اليمن السعيد") == []


def test_what_may_be_a_state_or_an_accusative_is_left_alone():
    assert found("وصلت روسيا") == [("russia", "state", "", False)]
    assert found("وصل وفدا روسيا") == []
    # Of any case: it cannot be told which form another nisba would take.
    assert found("الروس") == []


def test_beginnings_of_words():
    assert begins_word(["هرمز"], "عبر مضيق هرمز") == "هرمز"
    assert begins_word(["ثوري"], "والثورية") == "والثوري"
    assert begins_word(["يو "], "يوم الأحد") is None
    assert begins_word([], "أي شيء") is None


def test_the_table_that_comes_with_the_package_is_sound():
    casts = read_casts()
    names = [swap.name for swap in (*casts.swaps, *casts.accusers)]
    assert len(names) == len(set(names))
    # Words that no form can be mistaken for: Arabic letters and the marks of a name.
    words = [word for actor in casts.actors.values() for forms in actor.forms.values() for word in forms]
    assert all(re.fullmatch(r"[\u0621-\u0652 -]+", word) for word in words)


def test_each_swap_of_the_table_can_name_its_states():
    """A move that lacks state, capital or both nisbas on either side would hardly ever fit."""
    casts = read_casts()
    militias = {"houthis", "hezbollah", "yemen", "saudi"}
    for swap in (*casts.swaps, *casts.accusers):
        for source, to in swap.moves.items():
            if source not in militias:
                assert {"state", "capital", "m", "f"} <= set(casts.actors[source].forms), source
                assert {"state", "capital", "m", "f"} <= set(casts.actors[to].forms), to
            assert set(casts.actors[source].forms) & set(casts.actors[to].forms), swap.name


def test_rules_of_the_codebook_hold_in_the_table():
    casts = read_casts()
    one_side = {"iran", "north_korea", "belarus", "russia"}
    western = {"usa", "uk", "france", "germany", "japan", "south_korea", "ukraine", "poland"}
    for swap in (*casts.swaps, *casts.accusers):
        crosses = any(
            {source, to} - one_side and {source, to} - western for source, to in swap.moves.items()
        )  # a part that goes from one side, or from neither, to another
        if crosses:
            assert swap.stances == ("western_accusation",), swap.name
        if "china" in {*swap.moves, *swap.moves.values()}:
            assert swap.claims == ("arms_transfer_allegation",), swap.name
        if "china" in swap.moves.values():
            assert swap.beside == ("russia",), swap.name
        elif "russia" in {*swap.moves, *swap.moves.values()} and swap.stances is None:
            assert "china" in swap.unless, swap.name
        if {"houthis", "hezbollah"} & set(swap.moves):
            assert "iran" in swap.needed, swap.name


def written(tmp_path: Path, table: object) -> Path:
    path = tmp_path / "casts.yaml"
    path.write_text(yaml.safe_dump(table, allow_unicode=True), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("swap", "told"),
    [
        ({"name": "x", "moves": {"iran": "atlantis"}}, "['atlantis'] stand not under actors"),
        ({"name": "x", "moves": {"iran": "china", "russia": "china"}}, "moves give one part twice"),
        ({"name": "x", "moves": {"iran": "china"}, "needs": ["russia"]}, "have no move; use `with`"),
        ({"name": "x", "moves": {}}, "at least 1"),
        ({"name": "x", "moves": {"iran": "china"}, "stance": []}, "swaps.0.stance: Extra inputs"),
    ],
)
def test_a_bad_swap_is_told(tmp_path, swap, told):
    with pytest.raises(ConfigError) as caught:
        read_casts(written(tmp_path, {**TINY, "swaps": [swap]}))
    assert told in str(caught.value)


def test_a_spelling_that_is_read_alone_is_told(tmp_path):
    actors = {**TINY["actors"], "x": {"forms": {"state": ["س"]}, "also": {"port": ["ش"]}, "stems": ["س"]}}  # type: ignore[dict-item]
    with pytest.raises(ConfigError, match=r"actors\.x: also: \['port'\] stand nowhere under forms"):
        read_casts(written(tmp_path, {**TINY, "actors": actors}))


def test_a_table_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match=r"corpus\.cast_swap\.table: .*no\.yaml: cannot be read"):
        read_casts(tmp_path / "no.yaml")
