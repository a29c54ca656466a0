"""What the running service answers: the shapes of the contract, equal to what the command line gives."""

import json
import subprocess
import sys

import httpx
import pytest

from tasrih import cli
from tests.serving.server import ROOT, Server, environment

ALLEGATION = "قالت سيول إن بيونغ يانغ أرسلت إلى موسكو ثلاثة آلاف حاوية من القذائف."
DENIAL = "ونفى المتحدث باسم الكرملين صحة هذه الأنباء."
PAGE = ROOT / "examples" / "article.txt"
HTML = ROOT / "tests" / "pages" / "40-modern.html"
SENTENCE_KEYS = [
    "text", "start", "end", "kind", "stance", "stance_probabilities", "claim_types",
    "claim_probabilities", "needs_review", "n_tokens", "truncated",
]  # fmt: skip


def articles(server, *given, **options):
    response = server.post("/v1/articles", {"articles": list(given), **options})
    assert response.status_code == 200, response.text
    return response.json()["articles"]


@pytest.mark.parametrize("keep", [False, True])
def test_articles_equal_the_command_lines_to_the_last_bit(server, capsys, keep):
    flags = ["--keep-boilerplate"] if keep else []
    assert cli.main(["label", str(PAGE), str(HTML), "--format", "jsonl", *flags]) == 0
    expected = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    given = [
        {"id": str(PAGE), "text": PAGE.read_text(encoding="utf-8")},
        {"id": str(HTML), "html": HTML.read_text(encoding="utf-8")},
    ]
    assert articles(server, *given, keep_boilerplate=keep) == expected
    kinds = {sentence["kind"] for report in expected for sentence in report["sentences"]}
    assert ("boilerplate" in kinds) == keep
    assert [report["offsets_of"] for report in expected] == ["input", "extracted"]


def test_every_digit_is_that_of_the_command_line(server):
    # A process of its own, as people run it; numbers are compared as they are printed, fields in their order.
    paths = ["examples/article.txt", "examples/article.html"]
    done = subprocess.run(
        [sys.executable, "-m", "tasrih.cli", "label", *paths, "--format", "json"],
        cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    expected = json.loads(done.stdout, parse_float=str)["articles"]
    texts = [(ROOT / path).read_text(encoding="utf-8") for path in paths]
    given = [{"id": paths[0], "text": texts[0]}, {"id": paths[1], "html": texts[1]}]
    response = server.post("/v1/articles", {"articles": given})
    found = json.loads(response.text, parse_float=str)["articles"]
    assert json.dumps(found) == json.dumps(expected)
    digits = found[1]["sentences"][0]["stance_probabilities"].values()
    assert all(isinstance(one, str) and "." in one for one in digits)


def test_sentences_equal_the_command_lines(server, tmp_path, capsys):
    rows = [{"id": "a", "text": ALLEGATION}, {"text": DENIAL}, {"id": "c", "text": ALLEGATION}]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    assert cli.main(["label", "--sentences", str(path)]) == 0
    expected = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = server.post("/v1/sentences", {"sentences": rows}).json()["sentences"]
    assert found == expected
    assert list(found[1]) == SENTENCE_KEYS and list(found[0]) == ["id", *SENTENCE_KEYS]


def test_a_sentences_answer_does_not_depend_on_its_company():
    others = [f"وصل الوفد رقم {n} إلى مسقط صباح الخميس لإجراء محادثات." for n in range(200)]
    with Server(cache_sentences=0) as server:
        server.wait_ready()
        alone = server.sentences(ALLEGATION).json()["sentences"][0]
        crowd = server.sentences(*others[:90], ALLEGATION, *others[90:]).json()["sentences"]
        assert crowd[90] == alone and len(crowd) == 201
        assert server.metric("tasrih_batch_sentences_sum") == 202


def test_equal_sentences_get_equal_answers_and_are_computed_once(server):
    def counted() -> list[float]:
        return [server.metric(f"tasrih_{name}") for name in ("batch_sentences_sum", "cached_sentences_total")]

    text, other = "نفى المصدر ما نشرته الصحيفة عن الشحنة الثالثة.", "وصل الوفد التاسع إلى مسقط ليلا."
    computed, known = counted()
    found = server.sentences(*[text] * 50).json()["sentences"]
    assert len(found) == 50 and all(one == found[0] for one in found)
    assert counted() == [computed + 1, known]
    # A later call knows it; what stands beside it is computed, and all come in their places.
    mixed = server.sentences(text, other, text).json()["sentences"]
    assert mixed[0] == mixed[2] == found[0] and mixed[1] != found[0]
    assert counted() == [computed + 2, known + 1]
    assert server.sentences(other, text).json()["sentences"] == mixed[1::-1]
    assert counted() == [computed + 2, known + 3]


def test_every_answer_carries_release_and_request_id(server):
    release = json.loads((ROOT / "models" / "current.json").read_text())["release"]
    response = server.post("/v1/sentences", {"sentences": []}, headers={"X-Request-ID": "desk-17"})
    data = response.json()
    assert data == {"sentences": [], "release": data["release"], "request_id": "desk-17"}
    assert "-".join(data["release"].values()) == release
    assert response.headers["x-request-id"] == "desk-17"
    assert response.headers["x-tasrih-release"] == " ".join(data["release"].values())
    # One that could forge a log line, or fill it, is replaced.
    for bad in ("a b", "x" * 65, "{}"):
        replaced = server.client.get("/v1/info", headers={"X-Request-ID": bad}).json()["request_id"]
        assert len(replaced) == 32 and replaced != bad


def test_item_errors_stand_in_place_and_spoil_no_other(server):
    found = articles(
        server,
        {"id": "1", "text": ALLEGATION},
        {"id": "2", "text": "no Arabic at all"},
        {"id": "2", "text": " \n"},
        {"id": "4", "text": "كلام " * 50_000},
        {"id": "1", "html": "<p>كلام في <b>السياسة</b></p>"},
    )
    assert [item["error"]["code"] if "error" in item else "" for item in found] == [
        "", "not_arabic", "empty_input", "input_too_large", "",
    ]  # fmt: skip
    # Ids are the caller's and need not differ.
    assert [item["id"] for item in found] == ["1", "2", "2", "4", "1"]
    assert found[3]["error"]["message"].startswith("articles.3: 250,000 characters; the limit is 200,000")
    assert all(set(item["error"]) == {"code", "message", "details"} for item in found if "error" in item)


def test_item_errors_of_sentences(server):
    found = server.sentences(ALLEGATION, "\t", "ك" * 20_001, DENIAL).json()["sentences"]
    assert [one.get("error", {}).get("code") for one in found] == [None, "empty_input", "input_too_large", None]
    assert found[2]["error"]["message"].startswith("sentences.2: text holds 20,001 characters, at most 20,000")


def test_a_page_with_no_sentence_says_why(server):
    (report,) = articles(server, {"text": "الرئيسية\nاقرأ أيضا\nشارك"})
    assert report["sentences"] == [] or report["summary"]["n_sentences"] > 0
    (nothing,) = articles(server, {"html": "<html><body><!-- ا --></body></html>"})
    assert nothing["reason"] == "no text was found on the page" and nothing["text"] == ""


def test_truncation_is_told_and_counted(server):
    before = server.metric("tasrih_truncated_sentences_total")
    (one,) = server.sentences("كلمة " * 1000).json()["sentences"]
    assert one["truncated"] and one["n_tokens"] > 512
    assert server.metric("tasrih_truncated_sentences_total") == before + 1


def test_info(server):
    data = server.client.get("/v1/info").json()
    assert [label["name"] for label in data["labels"]["stances"]] == [
        "pro_russia",
        "western_accusation",
        "neutral_report",
    ]
    assert data["limits"]["max_body_bytes"] == 2_000_000 and data["limits"]["max_tokens_a_sentence"] == 512
    assert data["versions"]["bentoml"].startswith("1.4.")


def test_metrics_have_what_the_contract_names(server):
    server.sentences(ALLEGATION)
    text = server.client.get("/metrics").text
    for name in (
        "tasrih_tokenise_seconds_bucket", "tasrih_queue_wait_seconds_bucket", "tasrih_inference_seconds_bucket",
        "tasrih_batch_tokens_bucket", "tasrih_sentences_in_flight", "tasrih_truncated_sentences_total",
        'tasrih_labels_total{kind="stance",label="western_accusation"}', "tasrih_ready 1.0",
    ):  # fmt: skip
        assert f"\n{name}" in text, name
    given = {"kind": "claim", "label": "arms_transfer_allegation"}
    before = server.metric("tasrih_labels_total", **given)
    assert given["label"] in server.sentences(ALLEGATION).json()["sentences"][0]["claim_types"]
    assert server.metric("tasrih_labels_total", **given) == before + 1


def test_no_text_of_an_article_is_logged_and_lines_are_json(server):
    secret = "كلمةسريةجدا"
    articles(server, {"id": secret, "text": secret + " قالها الرجل.", "source": secret})
    server.client.get(f"/{secret}")
    server.client.post("/v1/articles", content=f'{{"{secret}": 1}}', headers={"Content-Type": "application/json"})
    server.sentences("\x00" + secret)
    log = server.log()
    assert secret not in log and secret.encode().hex() not in log and "\\u0643" not in log
    posts = [line for line in server.lines() if line.get("route") == "/v1/articles"]
    assert posts and {"request_id", "status", "ms", "time", "level"} <= posts[-1].keys()


def test_head_is_answered_as_get(server):
    response = server.client.head("/v1/info")
    assert response.status_code == 200 and response.content == b""


def test_bentomls_own_routes_do_not_answer(server):
    for path in ("/schema.json", "/page/", "/static_content/x", "/docs"):
        response = httpx.get(server.url + path)
        assert response.status_code == 404 and response.json()["error"]["code"] == "not_found"
