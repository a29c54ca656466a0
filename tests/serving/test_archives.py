"""Archives: uploaded, labelled by a job of their own, filtered, ordered for review, exported, resumed, deleted."""

import csv
import gzip
import io
import json
import time

import httpx
import openpyxl
import psutil
import pytest

from serving.archives.folder import Archives
from tests.serving.batch.texts import row
from tests.serving.server import Server
from tests.serving.test_service_errors import assert_error

N_ROWS = 24
PATIENCE_S = 240.0


def jsonl(rows):
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows).encode()


def upload(server, content, name="أرشيف.jsonl"):
    response = server.client.post("/v1/archives", params={"name": name}, content=content)
    assert response.status_code == 202, response.text
    return response.json()["archive"]


def tell(server, id):
    return server.client.get(f"/v1/archives/{id}").json()["archive"]


def wait(server, id, *statuses):
    end = time.monotonic() + PATIENCE_S
    while (archive := tell(server, id))["status"] not in (statuses or ("complete", "failed")):
        assert time.monotonic() < end, archive
        time.sleep(0.1)
    return archive


def sentences(server, id, **query):
    response = server.client.get(f"/v1/archives/{id}/sentences", params=query)
    assert response.status_code == 200, response.text
    return response.json()


def job_of(server):
    for child in server.worker().children():
        if "serving.batch" in child.cmdline():
            return child
    return None


@pytest.fixture(scope="module")
def desk():
    """A server with one complete archive; gives both."""
    with Server(body_timeout_s=5) as server:
        server.wait_ready()
        archive = upload(server, jsonl([*(row(n) for n in range(N_ROWS)), {"id": "بلا نص"}]))
        assert archive["status"] == "waiting" and archive["articles_total"] is None
        archive = wait(server, archive["id"])
        assert archive["status"] == "complete", archive
        yield server, archive


@pytest.fixture(scope="module")
def labelled(desk):
    """All of its sentences, in order."""
    server, archive = desk
    return sentences(server, archive["id"], limit=500)["sentences"]


def test_it_is_labelled_as_the_service_labels(desk, labelled):
    server, archive = desk
    assert (archive["name"], archive["message"]) == ("أرشيف.jsonl", None)
    assert (archive["articles_done"], archive["articles_total"], archive["errors"]) == (N_ROWS + 1, N_ROWS + 1, 1)
    assert archive["sentences"] == len(labelled) == sentences(server, archive["id"])["total"]
    (report,) = server.post("/v1/articles", {"articles": [{"text": row(1)["text"]}]}).json()["articles"]
    own = [one for one in labelled if one["article_id"] == "a1"]
    extra = ("article_id", "source", "published", "place")
    assert [{name: one[name] for name in one if name not in extra} for one in own] == report["sentences"]
    assert [one["place"] for one in own] == list(range(len(own)))
    assert all((one["source"], one["published"]) == ("صحيفة الضفة", "2024-02-11") for one in own)


def test_pages_of_sentences(desk, labelled):
    server, archive = desk
    pages = [sentences(server, archive["id"], offset=offset, limit=20) for offset in range(0, len(labelled) + 20, 20)]
    assert [one for page in pages for one in page["sentences"]] == labelled
    assert {page["total"] for page in pages} == {len(labelled)}


def confidence(sentence):
    both = max(sentence["stance_probabilities"].values())
    for name, p in sentence["claim_probabilities"].items():
        both *= p if name in sentence["claim_types"] else 1 - p
    return both


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ({"stance": "western_accusation"}, lambda one: one["stance"] == "western_accusation"),
        ({"claim_type": "denial"}, lambda one: "denial" in one["claim_types"]),
        ({"source": "وكالة الأفق"}, lambda one: one["source"] == "وكالة الأفق"),
        ({"from": "2024-03-01", "to": "2024-04-30"}, lambda one: "2024-03" <= one["published"] < "2024-05"),
        ({"to": "2024-01-31"}, lambda one: one["published"] < "2024-02"),
        ({"needs_review": "true"}, lambda one: one["needs_review"]),
        (
            {"needs_review": "false", "stance": "pro_russia"},
            lambda one: not one["needs_review"] and one["stance"] == "pro_russia",
        ),
        ({"max_confidence": "0.9"}, lambda one: confidence(one) <= 0.9),
        ({"q": "الكرملِين  المزاعم"}, lambda one: "الكرملين" in one["text"] and "المزاعم" in one["text"]),
        ({"q": "لا توجد هذه الكلمة"}, lambda one: False),
        ({"stance": "", "source": "", "from": "", "needs_review": "", "q": ""}, lambda one: True),
    ],
)  # fmt: skip
def test_filters(desk, labelled, query, holds):
    server, archive = desk
    found = sentences(server, archive["id"], limit=500, **query)
    expected = [one for one in labelled if holds(one)]
    assert found["sentences"] == expected and found["total"] == len(expected)


def test_what_most_needs_review_comes_first(desk, labelled):
    server, archive = desk

    def order():
        return sentences(server, archive["id"], order="review", limit=500)["sentences"]

    first = order()
    key = lambda one: (one["article_id"], one["place"])  # noqa: E731
    assert sorted(first, key=key) == sorted(labelled, key=key)
    # The least certain stands in front; near-duplicates of it behind all that are not.
    assert confidence(first[0]) == min(map(confidence, labelled))
    heads = []
    for one in first:
        start = one["text"][:25]
        if start in heads:
            break
        heads.append(start)
    assert len(heads) >= 5
    doubts = [confidence(one) for one in first[: len(heads)]]
    assert doubts == sorted(doubts)
    # What somebody has reviewed goes last, with all that is equal to it.
    review = {"text": first[0]["text"], "stance": "neutral_report", "claim_types": [], "reviewer": "سلمى"}
    assert server.post("/v1/reviews", review).status_code == 201
    second = order()
    assert second[0] == first[1] and second[-1]["text"] == first[0]["text"]
    filtered = sentences(server, archive["id"], order="review", stance="neutral_report", limit=3)
    assert [one["stance"] for one in filtered["sentences"]] == ["neutral_report"] * 3


@pytest.mark.parametrize("format", ["csv", "jsonl", "xlsx"])
def test_exports(desk, labelled, format):
    server, archive = desk
    query = {"format": format, "stance": "neutral_report"}
    response = server.client.get(f"/v1/archives/{archive['id']}/export", params=query)
    assert response.status_code == 200
    assert response.headers["content-disposition"] == f'attachment; filename="sentences-{archive["id"]}.{format}"'
    if format == "csv":
        assert response.content.startswith(b"\xef\xbb\xbf")
        rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    elif format == "jsonl":
        rows = [json.loads(line) for line in response.text.split("\n")[:-1]]
    else:
        head, *cells = openpyxl.load_workbook(io.BytesIO(response.content))["sentences"].iter_rows(values_only=True)
        rows = [dict(zip(head, one, strict=True)) for one in cells]
    expected = [one for one in labelled if one["stance"] == "neutral_report"]
    assert [one["text"] for one in rows] == [one["text"] for one in expected]
    assert [float(one["p_denial"]) for one in rows] == [one["claim_probabilities"]["denial"] for one in expected]


def test_the_summary_is_a_page_that_loads_nothing(desk):
    server, archive = desk
    response = server.client.get(f"/v1/archives/{archive['id']}/summary.html")
    assert response.status_code == 200 and response.headers["content-type"].startswith("text/html")
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline';") and "script" not in policy
    assert "ملخص الأرشيف" in response.text


@pytest.mark.parametrize(
    "query",
    [
        "stance=friendly",
        "claim_type=rumour",
        "from=yesterday",
        "max_confidence=2",
        "order=best",
        "limit=501",
        "colour=red",
    ],
)
def test_what_is_no_filter(desk, query):
    server, archive = desk
    field = query.partition("=")[0]
    error = assert_error(server.client.get(f"/v1/archives/{archive['id']}/sentences?{query}"), 422, "invalid")
    assert error["details"]["faults"][0]["field"] == field


@pytest.mark.parametrize("id", ["x", "%2e%2e", "0" * 12 + "-" + "0" * 8, "كلمة"])
def test_an_archive_that_is_not(desk, id):
    server, _ = desk
    for path in (f"/v1/archives/{id}", f"/v1/archives/{id}/sentences", f"/v1/archives/{id}/summary.html"):
        assert server.client.get(path).status_code == 404
    assert server.client.delete(f"/v1/archives/{id}").status_code == 404


@pytest.mark.parametrize(
    "name", ["", "a", "a.pdf", ".jsonl", "../a.jsonl", "a/b.jsonl", "a\\b.jsonl", "a\x00.jsonl", "ا" * 200 + ".jsonl"]
)
def test_names_that_are_refused(desk, name):
    server, _ = desk
    assert_error(server.client.post("/v1/archives", params={"name": name}, content=b"x"), 422, "invalid")


def test_an_upload_is_bounded_and_leaves_nothing_behind(tmp_path):
    def chunks(n):
        for _ in range(n):
            yield b"x" * 4096

    with Server(state_folder=tmp_path, max_archive_bytes=10_000, body_timeout_s=1) as server:
        server.wait_ready()
        url = f"{server.url}/v1/archives?name=a.jsonl"
        error = assert_error(httpx.post(url, content=b"x" * 10_001), 413, "body_too_large")
        assert error["details"] == {"max_archive_bytes": 10_000}
        assert_error(httpx.post(url, content=chunks(3)), 413, "body_too_large")
        assert_error(httpx.post(url, content=b""), 422, "invalid")
        assert_error(
            httpx.post(url, content=gzip.compress(b"x"), headers={"Content-Encoding": "gzip"}),
            415,
            "unsupported_encoding",
        )

        def slow():
            yield b"x"
            time.sleep(2)
            yield b"x"

        assert_error(httpx.post(url, content=slow()), 408, "slow_body")
        end = time.monotonic() + 10
        while list((tmp_path / "archives").iterdir()) and time.monotonic() < end:
            time.sleep(0.1)
        assert list((tmp_path / "archives").iterdir()) == []
        assert server.client.get("/v1/archives").json()["archives"] == []


def test_one_job_at_a_time_survives_the_server_and_ends_as_if_undisturbed(tmp_path):
    content = jsonl(row(n) for n in range(260))
    with Server(state_folder=tmp_path) as server:
        server.wait_ready()
        first, second = (upload(server, content, name)["id"] for name in ("أول.jsonl", "ثان.csv"))
        assert [one["id"] for one in server.client.get("/v1/archives").json()["archives"]] == [second, first]
        assert_error(server.client.get(f"/v1/archives/{first}/summary.html"), 409, "unfinished")
        end = time.monotonic() + PATIENCE_S
        while not tell(server, first)["articles_done"] and time.monotonic() < end:
            time.sleep(0.05)
        assert tell(server, second)["status"] == "waiting"
        job = job_of(server)
        assert job is None or job.nice() == 10
        partly = sentences(server, first)
        assert partly["total"] > 0 and len(partly["sentences"]) == 50
        # What the job is doing is lost, what it has done is not.
        assert server.stop() == 0
    assert job is None or not job.is_running() or job.status() == psutil.STATUS_ZOMBIE
    with Server(state_folder=tmp_path) as server:
        server.wait_ready()
        archive = wait(server, first)
        assert (archive["status"], archive["articles_done"], archive["errors"]) == ("complete", 260, 0)
        # The second is no CSV with a column of text: it fails, and says why without a path of ours.
        archive = wait(server, second)
        assert (
            archive["status"] == "failed"
            and "no column 'text'" in archive["message"]
            and str(tmp_path) not in archive["message"]
        )
        rows = sentences(server, first, limit=500)["sentences"]
        assert len({(one["article_id"], one["place"]) for one in rows}) == len(rows) == 500


def test_a_killed_server_leaves_its_job_to_the_next(tmp_path):
    with Server(state_folder=tmp_path) as server:
        server.wait_ready()
        id = upload(server, jsonl(row(n) for n in range(130)))["id"]
        wait(server, id, "running")
        while (job := job_of(server)) is None:
            time.sleep(0.05)
        server.worker().kill()
        # BentoML's supervisor starts a worker anew; the job has outlived the one before.
        server.wait_ready()
        assert wait(server, id)["status"] == "complete"
        assert not job.is_running()


def test_deleting_stops_the_job(tmp_path):
    with Server(state_folder=tmp_path) as server:
        server.wait_ready()
        first = upload(server, jsonl(row(n) for n in range(2000)))["id"]
        second = upload(server, jsonl([row(1)]))["id"]
        wait(server, first, "running")
        assert server.client.delete(f"/v1/archives/{first}").status_code == 204
        assert server.client.get(f"/v1/archives/{first}").status_code == 404
        assert wait(server, second)["status"] == "complete"
        assert sorted(path.name for path in (tmp_path / "archives").iterdir()) == [second]
        assert server.client.delete(f"/v1/archives/{second}").status_code == 204
        assert server.client.get("/v1/archives").json()["archives"] == []


def test_archives_are_closed_to_who_has_no_key(tmp_path):
    with Server(state_folder=tmp_path, api_keys="k" * 16) as server:
        server.wait_ready()
        for path in ("/v1/archives", "/v1/archives/x", "/v1/archives/x/summary.html", "/v1/archives/x/export"):
            assert server.status(path) == 401
        assert httpx.post(f"{server.url}/v1/archives?name=a.csv", content=b"x").status_code == 401
        assert not (tmp_path / "archives").exists()


def test_no_name_of_a_file_is_logged(desk):
    server, _ = desk
    assert "أرشيف" not in server.log() and "وكالة" not in server.log()


def test_a_long_name_fits_the_disk(tmp_path):
    archives = Archives(tmp_path)
    upload = archives.begin("ا" * 190 + ".csv.gz")
    upload.write(b"x")
    archive = upload.commit()
    assert (
        archives.get(archive.id) == archive and archive.file.endswith("ا.csv.gz") and len(archive.file.encode()) < 160
    )
    assert [one.name for one in archives.folder(archive.id).iterdir() if not one.name.startswith(".")]
    gone = archives.begin("a.csv")
    gone.discard()
    (archives.root / ".deleted-x").mkdir()
    (archives.root / ("0" * 12 + "-" + "0" * 8)).mkdir()
    archives.sweep()
    assert [one.name for one in tmp_path.iterdir()] == [archive.id]
