"""Explanations: what each word did for the labels, as leaving it out tells; and requests that name a release."""

from typing import Any

import pytest

from serving.explanation import MAX_WORDS, words_of
from tests.serving.second import VERSION, second_release
from tests.serving.server import Server
from tests.serving.test_service_errors import assert_error

ALLEGATION = "قالت سيول إن بيونغ يانغ أرسلت إلى موسكو ثلاثة آلاف حاوية من القذائف."
DENIAL = "ونفى المتحدث باسم الكرملين هذه المزاعم."


def explain(server, text, **options):
    response = server.post("/v1/explanations", {"text": text, **options})
    assert response.status_code == 200, response.text
    return response.json()


def both(labelled):
    return {**labelled["stance_probabilities"], **labelled["claim_probabilities"]}


def test_a_weight_is_what_leaving_the_word_out_takes_away(server):
    found = explain(server, ALLEGATION)
    assert found["method"] == "occlusion" and found["text"] == ALLEGATION
    texts = [ALLEGATION] + [ALLEGATION[: word["start"]] + ALLEGATION[word["end"] :] for word in found["words"]]
    labelled = server.sentences(*texts).json()["sentences"]
    whole = labelled[0]
    assert {name: found[name] for name in ("stance", "claim_types")} == {
        name: whole[name] for name in ("stance", "claim_types")
    }
    assert both(found) == both(whole)
    for word, without in zip(found["words"], labelled[1:], strict=True):
        assert ALLEGATION[word["start"] : word["end"]] == word["text"]
        assert word["weights"] == {name: round(p - both(without)[name], 6) for name, p in both(whole).items()}


def test_it_reacts_to_a_changed_word(server):
    before, after = explain(server, DENIAL), explain(server, DENIAL.replace("ونفى", "وأكد"))
    denied, confirmed = before["words"][0], after["words"][0]
    assert (denied["text"], confirmed["text"]) == ("ونفى", "وأكد")
    assert before["claim_probabilities"]["denial"] > after["claim_probabilities"]["denial"] + 0.1
    # What made the difference is what the explanation points at, and more than any other word.
    assert denied["weights"]["denial"] > confirmed["weights"]["denial"] + 0.1
    assert denied["weights"]["denial"] == max(word["weights"]["denial"] for word in before["words"])
    assert explain(server, DENIAL)["words"] == before["words"]


def test_words_are_words_with_their_marks():
    text = "«كَتَبَ» محمّدٌ، في 2024: «إف-16»!"
    assert [text[start:end] for start, end in words_of(text)] == ["كَتَبَ", "محمّدٌ", "في", "2024", "إف", "16"]
    assert list(words_of("؟! …")) == []


def test_limits(server):
    words = " ".join(["خبر"] * MAX_WORDS)
    assert len(explain(server, words)["words"]) == MAX_WORDS
    error = assert_error(server.post("/v1/explanations", {"text": words + " آخر"}), 422, "invalid")
    assert error["message"].startswith("text: holds 301 words, at most 300 can be explained")
    error = assert_error(server.post("/v1/explanations", {"text": "ك" * 20_001}), 422, "invalid")
    assert "20,001 characters, at most 20,000" in error["message"]
    for text in ("", " \n", 7, None):
        assert_error(server.post("/v1/explanations", {"text": text}), 422, "invalid")
    assert explain(server, "؟! …")["words"] == []


def test_its_sentences_are_in_flight_as_others_are(slow):
    error = assert_error(
        slow.post("/v1/explanations", {"text": " ".join(f"كلمة{n}" for n in range(50))}), 413, "too_many_sentences"
    )
    assert error["details"] == {"n_sentences": 51, "max_sentences_in_flight": 40}
    slow.wait_idle()


def test_its_labels_are_not_counted_as_given(server):
    before = server.metric("tasrih_sentences_total")
    explain(server, ALLEGATION)
    assert server.metric("tasrih_sentences_total") == before


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    folder = second_release(tmp_path_factory.mktemp("models"))
    with Server(compare_model=str(folder)) as running:
        yield running.wait_ready()


def test_a_request_names_its_release(two):
    info = two.client.get("/v1/info").json()
    first, second = info["releases"]
    assert first == info["release"] and second == {"name": first["name"], "version": VERSION}
    given: dict[str, dict[str, Any]] = {
        "/v1/articles": {"articles": [{"text": ALLEGATION}]},
        "/v1/sentences": {"sentences": [{"text": ALLEGATION}]},
        "/v1/explanations": {"text": ALLEGATION},
    }
    for path, body in given.items():
        answers = []
        for release in (first, second):
            answers.append(two.post(path, {**body, "release": f"{release['name']} {release['version']}"}).json())
            assert answers[-1]["release"] == release
        assert two.post(path, body).json() | {"request_id": ""} == answers[0] | {"request_id": ""}
        assert str(answers[0]["release"]) in str(two.post(path, {**body, "release": None}).json())
        different = [
            {name: value for name, value in one.items() if name not in ("release", "request_id")} for one in answers
        ]
        assert different[0] != different[1]
    assert (
        two.post("/v1/articles", {**given["/v1/articles"], "release": f"{first['name']} {VERSION}"}).json()["articles"][
            0
        ]["release"]
        == second
    )
    error = assert_error(two.post("/v1/sentences", {"sentences": [], "release": "other 1.0.0"}), 422, "invalid")
    assert error["message"] == (
        f"release: not loaded here; there is {first['name']} {first['version']} and {first['name']} {VERSION}"
    )
    choices = two.client.get("/docs.json").json()["components"]["schemas"]["ArticlesRequest"]["properties"]["release"]
    assert choices["enum"] == [f"{one['name']} {one['version']}" for one in (first, second)] + [None]
    two.wait_idle()


def test_one_release_twice_is_refused():
    from tasrih.release import find_release

    with Server(compare_model=str(find_release())) as server:
        while server.status("/livez") != 503:
            assert server.process.poll() is None
        error = server.client.get("/readyz").json()["error"]
        assert error["code"] == "failed" and "compare_model" in error["message"]
