"""Parts of a split by what a sentence holds."""

import pytest

from training.slices import _negates


@pytest.mark.parametrize(
    "text",
    [
        "لا علم لنا بذلك", "ولم يصل أحد", "من دون اتفاق", "نفت موسكو", "ونفى الوزير ذلك", "فنفوا التهمة", "جاء النفي سريعا",
        "ردت بنفي قاطع", "نفيها للتهم", "تنفي طهران",
        "وينفون ذلك", "ستنفي ذلك", "لينفي التهمة", "نافيا علمه بها", "نافيًا علمه بها", "نافيةً ذلك",
        "نَفَتْ موسكو",
    ],
)  # fmt: skip
def test_a_word_of_negation_is_found(text):
    assert _negates(text)


@pytest.mark.parametrize(
    "text",
    ["تنفيذ الاتفاق", "بدأت بتنفيذه", "استأنفت المحادثات", "صنفت المنظمة", "عاد من المنفى", "النفط", "نفسه", "نافذة"],
)
def test_words_that_only_look_like_it_are_not(text):
    assert not _negates(text)
