"""The model card: what a release is, what it learnt from, how right it is, what it is for and not for."""

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["write_card"]

# True of any labels; what one task's makers know of it comes from files that the config names.
_USES = """## What it is for

It labels sentences of Arabic news articles with the labels above, for people who read many of them. It is meant to sort,
count and search, with a person looking at what it marks for review and at samples of the rest.

## What it is not for

- It does not judge truth: a label says what a sentence says, not whether that is so.
- It does not judge people or outlets. A sentence often reports what others say; a share of such sentences says what an
  outlet covered, not what it believes. Do not rank, sanction or accuse anybody by it.
- It decides nothing by itself: no removal, no ranking of content, no moderation.
- It knows the kind of sentences that it learnt from. On other topics, in dialect or posts where its corpus had none, or
  of events long after it, expect more mistakes than the tables show.

## Limits

- A sentence is read alone. Who "he" is, or what was said a line before, it does not know.
- Thresholds, temperatures and the review floor were chosen on the validation split, so its scores flatter; trust the
  test split.
- Intervals count sentences as independent, which sentences of one article are not: they are somewhat too narrow."""


def write_card(
    facts: Mapping[str, Any], notice: str | None, notes: str | None = None, subject: str | None = None
) -> str:
    """The card, Markdown, from what ``release.json`` says.

    Args:
        facts: the whole of ``release.json`` but its file hashes.
        notice: of the base model, which its licence wants to travel along.
        notes: what its makers know of its weaknesses, Markdown.
        subject: what its labels are about, Markdown.
    """
    return "\n".join(_lines(facts, notice, notes, subject)) + "\n"


def _lines(facts: Mapping[str, Any], notice: str | None, notes: str | None, subject: str | None) -> Iterator[str]:
    base = facts["base_model"]
    yield f"# {facts['name']} {facts['version']}"
    yield ""
    yield f"A classifier of Arabic news sentences, made by `tasrih train` on {facts['created'][:10]}."
    yield ""
    yield f"- Base encoder: {base['name']}" + (f" (licence: {base['licence']})" if base.get("licence") else "") + "."
    if "rows" in base:
        yield (
            f"  This is **not AraBERT**; it is the base named above, its vocabulary pruned to the {base['rows']:,} pieces that "
            "Arabic news needs. Where a model hub can be reached, AraBERT can be fine-tuned by the same command."
        )
    yield f"- Text is normalised by the scheme `{facts['normalisation']}`; sentences are cut at {facts['max_length']} tokens."
    yield "- Runs in bfloat16 where the processor multiplies it, else in float32; `tasrih info` tells which. Why not in int8:"
    yield "  `docs/performance.md` of the project."
    training = facts["training"]
    yield f"- Trained for {training['epochs']} epochs, epoch {training['best_epoch']} kept."
    yield f"- Corpus sha256 `{facts['corpus']['sha256'][:16]}…`."
    yield ""
    yield "## Labels"
    yield ""
    yield "| head | label | Arabic | English |"
    yield "| --- | --- | --- | --- |"
    for head, key in (("stance (exactly one)", "stances"), ("claim type (any number)", "claims")):
        for label in facts["labels"][key]:
            yield f"| {head} | `{label['name']}` | {label['arabic']} | {label['english']} |"
    yield ""
    if subject:
        yield "## Subject"
        yield ""
        yield subject.strip()
        yield ""
    yield from _data(facts["corpus"]["counts"])
    for split in ("test", "validation"):
        yield from _scores(split, facts["metrics"][split], facts["labels"])
    yield from _calibration(facts)
    yield from _slices(facts["slices"])
    if notes:
        yield "## Known weaknesses"
        yield ""
        yield notes.strip()
        yield ""
    yield _USES
    if notice:
        yield ""
        yield "## Notice of the base model"
        yield ""
        yield notice.strip()


def _data(counts: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    names = list(dict.fromkeys(name for split in counts.values() for name in split))
    yield "## Data"
    yield ""
    yield "Sentences of each split, by source and by label. No article that the corpus names is in two splits."
    yield ""
    yield "| split | " + " | ".join(names) + " |"
    yield "| --- |" + " --- |" * len(names)
    for split, found in counts.items():
        yield f"| {split} | " + " | ".join(str(found.get(name, 0)) for name in names) + " |"
    yield ""


def _scores(split: str, by_source: Mapping[str, Any], labels: Mapping[str, Any]) -> Iterator[str]:
    yield f"## Scores on the {split} split"
    yield ""
    sources = list(by_source)
    yield (
        "With 95 % bootstrap intervals over sentences. "
        + "; ".join(f"{s}: {by_source[s]['n']} sentences" for s in sources)
        + "."
    )
    yield ""
    yield "| | " + " | ".join(sources) + " |"
    yield "| --- |" + " --- |" * len(sources)
    for title, key in (
        ("stance macro-F1", "stance_macro_f1"),
        ("stance accuracy", "stance_accuracy"),
        ("exact match (stance and claim types)", "exact_match"),
        ("share sent to review", "review_share"),
        ("exact match of the rest", "exact_match_without_review"),
        ("calibration error of the stance", "stance_calibration_error"),
    ):
        yield f"| {title} | " + " | ".join(_interval(by_source[s][key]) for s in sources) + " |"
    for head, key in (("stances", "stances"), ("claims", "claims")):
        for label in labels[key]:
            cells = (by_source[s][head][label["name"]] for s in sources)
            shown = (
                f"{_interval(c['f1'])}, P {c['precision']['value']:.2f}, R {c['recall']['value']:.2f}" for c in cells
            )
            yield f"| F1 `{label['name']}` | " + " | ".join(shown) + " |"
    yield ""


def _interval(item: Mapping[str, float]) -> str:
    return f"{item['value']:.3f} [{item['low']:.3f}, {item['high']:.3f}]"


def _calibration(facts: Mapping[str, Any]) -> Iterator[str]:
    chosen, found = facts["calibration"], facts["review"]
    thresholds = ", ".join(f"`{name}` from {value:.2f}" for name, value in chosen["thresholds"].items())
    yield f"Stance temperature {chosen['temperatures']['stance']:.2f}. Claim types are given: {thresholds or 'none'}."
    reached = "reached" if found["target_reached"] else "not reached within the share that may be sent"
    yield (
        f"A sentence whose answer is less probable than {chosen['review_below']:.2f} is marked for review; wanted was "
        f"{found['target']:.0%} exact matches among the others on validation, which was {reached} "
        f"({found['share']:.1%} sent, {found['right_without_review']:.1%} of the others right)."
    )
    yield ""
    yield "Expected calibration error, before and after calibration:"
    yield ""
    errors = facts["calibration_errors"]
    heads = list(next(iter(errors.values()))["after"])
    yield "| split | " + " | ".join(heads) + " |"
    yield "| --- |" + " --- |" * len(heads)
    for split, found in errors.items():
        yield f"| {split} | " + " | ".join(f"{found['before'][h]:.3f}, {found['after'][h]:.3f}" for h in heads) + " |"
    yield ""


def _slices(slices: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield "## Where it is weak"
    yield ""
    yield "Parts of the test split, the least right first; they overlap. Phenomena are those that rows name."
    yield ""
    yield "| part | sentences | exact match | stance accuracy | F1 of claim types |"
    yield "| --- | --- | --- | --- | --- |"
    for name, found in sorted(slices.items(), key=lambda item: item[1]["exact_match"]["value"]):
        claims = ", ".join(f"`{claim}` {f1['value']:.2f}" for claim, f1 in found["claims_f1"].items())
        yield (
            f"| {name} | {found['n']} | {_interval(found['exact_match'])} | {found['stance_accuracy']['value']:.2f} | {claims} |"
        )
    yield ""
