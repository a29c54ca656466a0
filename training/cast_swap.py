"""Copies of training sentences in which the cast is another: Iran becomes North Korea, the Houthis Russia's forces, and so on.

News of one year teaches a model who does what: that Iran arms and Kyiv accuses. The copies say the same of others, so
that what is done, and not by whom, decides the label. Only training sentences are copied, and only where the codebook
gives the copy the label of the original; the rules stand at the head of `training/casts.yaml`. A sentence is left alone
where anything in it, by name or by tie, belongs to the cast that leaves. The choice depends on the row's id and the seed alone.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from itertools import pairwise

from tasrih.errors import ConfigError
from tasrih.labels import LabelSet
from tasrih.normalise import normalise
from training.cast_names import LETTER, NISBA, Mention, begins_word, loose, with_article
from training.casts import Casts, Swap, read_casts
from training.config_inputs import CastSwapConfig
from training.corpus import Corpus, Row

__all__ = ["SOURCE", "swap", "swapped_rows", "with_swaps"]

# The `source` of a copy, by which reports count it.
SOURCE = "cast_swap"
# Stand in what is left of a text for its names, and for those of them that leave.
_GAP, _LEFT = " ~ ", " @ "


def with_swaps(corpus: Corpus, config: CastSwapConfig | None, labels: LabelSet, *, seed: int) -> Corpus:
    """The corpus with the copies that a config asks for, sorted by id; the corpus itself where it asks for none.

    Raises:
        ConfigError: the table cannot be read, or names labels that the corpus does not have.
    """
    if config is None or config.copies == 0:
        return corpus
    casts = read_casts(config.table)
    _check_labels(casts, labels)
    train = [row for row in corpus.split("train") if row.source in config.sources]
    known = {normalise(row.text, scheme="light") for row in corpus.rows}
    copies = swapped_rows(train, casts, copies=config.copies, weight=config.weight, seed=seed, known=known)
    return Corpus(tuple(sorted((*corpus.rows, *copies), key=lambda row: row.id)))


def swapped_rows(
    rows: Iterable[Row], casts: Casts, *, copies: int, weight: float, seed: int, known: Iterable[str] = ()
) -> list[Row]:
    """Copies of rows with another cast, at most `copies` of each, in the rows' order.

    A copy has its row's labels, split, document and group, the id `ROW~castN`, and `weight` times the row's weight.

    Args:
        rows: of the train split; no other row may be copied.
        casts: the table.
        copies: of each row, each with another cast.
        weight: factor in the loss.
        seed: of the choice among the casts that fit.
        known: normalised texts that no copy may equal: all of the corpus, so that no copy of a training sentence is a
            sentence of another split, or contradicts a label.
    """
    seen = set(known)
    made: list[Row] = []
    for row in rows:
        if row.split != "train":
            raise ValueError(f"{row.place}: a row of {row.split} given, expected train alone")
        texts = _texts(row, casts, seed=seed)
        number = 0
        for text in texts:
            plain = normalise(text, scheme="light")
            if plain in seen:
                continue
            seen.add(plain)
            number += 1
            made.append(replace(row, id=f"{row.id}~cast{number}", text=text, source=SOURCE, weight=row.weight * weight))
            if number == copies:
                break
    return made


def swap(text: str, casts: Casts, choice: Swap, *, key: str = "") -> str | None:
    """The text with the parts given as `choice` says; None where it does not fit the text.

    Args:
        text: a sentence.
        casts: the table.
        choice: one of its swaps, or two of them merged.
        key: decides between several spellings of one form.
    """
    mentions = casts.mentions(text)
    named = {mention.actor for mention in mentions}
    taken = {to for source, to in choice.moves.items() if source in named}
    if not choice.needed <= named or not set(choice.beside) <= named - set(choice.moves):
        return None
    if (taken | set(choice.unless)) & named:
        return None
    moved = [mention for mention in mentions if mention.actor in choice.moves]
    rest = _without(text, mentions, moved)
    if _is_tied(rest, casts, choice, named) or _has_person(rest, casts) or _names_two(moved) or _stacks(moved):
        return None
    written = [_written(mention, casts, choice, key) for mention in moved]
    found = text
    for mention, words in reversed(list(zip(moved, written, strict=True))):
        if words is None:
            return None
        found = found[: mention.start] + words + found[mention.end :]
    never = (phrase for name in taken for phrase in casts.actors[name].never)
    return None if any(phrase in found and phrase not in text for phrase in never) else found


def _texts(row: Row, casts: Casts, *, seed: int) -> Iterator[str]:
    """The row's text with each cast that fits it, in the order of the hash."""

    def order(swaps: Sequence[Swap]) -> list[Swap]:
        fitting = [one for one in swaps if one.needed <= named and one.keeps(row.stance, row.claim_types)]
        return sorted(fitting, key=lambda one: _hash(seed, row.id, one.name))

    named = {mention.actor for mention in casts.mentions(row.text)}
    # News of the Western side alone teaches nothing about who is accused.
    if not named & {source for one in casts.swaps for source in one.moves}:
        return
    accusers = order(casts.accusers)
    for main in order(casts.swaps):
        key = f"{seed} {row.id} {main.name}"
        # Every other time the accuser changes, too, where it can.
        both = [main.and_also(other) for other in accusers] if _hash(key) % 2 else []
        yield from [found for one in (*both, main) if (found := swap(row.text, casts, one, key=key))][:1]
    for other in accusers:
        found = swap(row.text, casts, other, key=f"{seed} {row.id} {other.name}")
        if found:
            yield found


def _without(text: str, mentions: Sequence[Mention], moved: Sequence[Mention]) -> str:
    for mention in reversed(mentions):
        text = text[: mention.start] + (_LEFT if mention in moved else _GAP) + text[mention.end :]
    return text


def _is_tied(rest: str, casts: Casts, choice: Swap, named: Set[str]) -> bool:
    """Whether what is left of a text belongs to the cast that leaves, or to the one that comes."""
    moves = {source: to for source, to in choice.moves.items() if source in named}
    stems = [stem for name in (*choice.moves, *moves.values(), *choice.unless) for stem in casts.actors[name].stems]
    # The ties of those who come are persons and places already there: beside them the newcomers would be here twice.
    ties = [tie for name in (*moves, *moves.values()) for tie in casts.actors[name].ties]
    return begins_word((*stems, *ties, *choice.words), rest) is not None


def _has_person(rest: str, casts: Casts) -> bool:
    """Whether a first name follows a name of the cast that leaves: "the Russian ambassador in Cairo Ivan …"."""
    names = "|".join(map(re.escape, casts.given_names))
    words = rf"(?:[\s،,:]+[^\s،,:]+){{0,3}}?[\s،,:]+(?:{names})(?!{LETTER})"
    return bool(names) and re.search(_LEFT.strip() + words, rest) is not None


def _names_two(moved: Sequence[Mention]) -> bool:
    """Whether one form stands for two persons or bodies: two presidents would become one."""
    seen: dict[tuple[str, str], str] = {}
    return any(
        seen.setdefault((mention.actor, mention.slot), mention.surface) != mention.surface
        for mention in moved
        if not loose(mention.slot)
    )


def _stacks(moved: Sequence[Mention]) -> bool:
    """Whether one actor's name is another's attribute: "Iran's Houthi militia" would become "North Korea's Russian forces"."""
    return any(
        one.actor != two.actor and one.slot == "force" and two.start - one.end <= 1 for one, two in pairwise(moved)
    )


def _written(mention: Mention, casts: Casts, choice: Swap, key: str) -> str | None:
    name = choice.moves[mention.actor]
    forms = casts.actors[name].forms.get(mention.slot)
    if forms is None:
        return None
    word = forms[_hash(key, name) % len(forms)]
    if mention.article and mention.slot in NISBA:
        word = with_article(word)
    if mention.lead.endswith("ل") and word.startswith("ال"):
        return mention.lead[:-1] + "لل" + word[2:]
    return mention.lead + word


def _hash(*parts: object) -> int:
    return int.from_bytes(hashlib.sha256("\n".join(map(str, parts)).encode()).digest()[:8])


def _check_labels(casts: Casts, labels: LabelSet) -> None:
    known: Mapping[str, Sequence[str]] = {"stances": labels.stance_names, "claims": labels.claim_names}
    for one in (*casts.swaps, *casts.accusers):
        for field, given in (("stances", one.stances or ()), ("claims", one.claims)):
            unknown = sorted(set(given) - set(known[field]))
            if unknown:
                raise ConfigError(
                    f"corpus.cast_swap.table: {one.name}: {field}: {unknown} given, expected any of "
                    f"{', '.join(known[field]) or 'no names'}; a corpus of other labels wants a table of its own"
                )
