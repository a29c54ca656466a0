import pytest

from tasrih.labels import Label, LabelSet


def test_names_people_see_default_to_the_key():
    labels = LabelSet.from_json({"stances": ["a", {"name": "b", "arabic": "باء"}], "claims": []})
    assert labels.stances == (Label("a", "a", "a"), Label("b", "باء", "b"))
    assert LabelSet.from_json(labels.to_json()) == labels


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"stances": ["a"]}, "at least 2"),
        ({"stances": ["a", "a"]}, "stances: a name stands twice"),
        ({"stances": ["a", "b"], "claims": ["c", "c"]}, "claims: a name stands twice"),
        ({"stances": ["a", "b"], "claims": ["b"]}, "'b'] in both"),
    ],
)
def test_label_sets_that_mean_nothing_are_refused(data, message):
    with pytest.raises(ValueError, match=message):
        LabelSet.from_json(data)
