"""Reviews over HTTP and in their database: kept, found, exported, never overwritten."""

import csv
import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openpyxl
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError

from serving.reviews.database import migrate, sqlite_url, url_of
from serving.reviews.draft import Draft
from serving.reviews.review import Base
from serving.reviews.store import Reviews
from tests.serving.server import Server
from tests.serving.test_service_errors import assert_error

DENIAL = "ونفت الوزارة أن تكون قد تسلمت أي شحنة."
FULL: dict[str, Any] = {
    "text": DENIAL, "stance": "pro_russia", "claim_types": ["denial"], "reviewer": "سلمى", "note": "=النفي صريح",
    "article_id": "مقال-7", "source": "وكالة", "place": 2, "start": 40, "end": 78,
    "given": {"stance": "neutral_report", "claim_types": [], "release": "tasrih-base 0.2.0"},
}  # fmt: skip


def draft(text=DENIAL, stance="neutral_report", claim_types=(), reviewer="سلمى", **more):
    return Draft(text=text, stance=stance, claim_types=list(claim_types), reviewer=reviewer, **more)


def add(server, **given):
    response = server.post("/v1/reviews", {**FULL, **given})
    assert response.status_code == 201, response.text
    return response.json()["review"]


def found(server, **query):
    response = server.client.get("/v1/reviews", params=query)
    assert response.status_code == 200, response.text
    return response.json()


def test_a_review_is_kept_as_it_was_sent(server):
    review = add(server, reviewer="ليلى")
    assert {name: review[name] for name in FULL} == {**FULL, "reviewer": "ليلى"}
    assert review["created"].endswith("Z")
    told = found(server, reviewer="ليلى")
    assert told["reviews"] == [review] and told["total"] == 1
    small = server.post(
        "/v1/reviews", {"text": "خبر", "stance": "neutral_report", "claim_types": [], "reviewer": "ليلى"}
    )
    assert small.json()["review"]["given"] is None and small.json()["review"]["note"] is None


def test_a_new_review_leaves_the_one_before(server):
    text = "قالت الوكالة إن الشحنة وصلت."
    first = add(server, text=text, stance="neutral_report")
    second = add(server, text=text, stance="western_accusation")
    assert second["id"] > first["id"]
    assert found(server, text=text)["reviews"] == [second, first]


def test_pages_of_reviews(server):
    ids = [add(server, article_id="صفحات", place=n)["id"] for n in range(5)]
    pages = [found(server, article_id="صفحات", offset=offset, limit=2) for offset in (0, 2, 4, 6)]
    assert [[one["id"] for one in page["reviews"]] for page in pages] == [ids[:2:-1], ids[2:0:-1], ids[:1], []]
    assert {page["total"] for page in pages} == {5}
    assert found(server, article_id="صفحات", reviewer="غيرها")["total"] == 0
    assert found(server, article_id="صفحات", reviewer="")["total"] == 5


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"stance": "friendly"}, "stance"),
        ({"claim_types": ["denial", "rumour"]}, "claim_types.1"),
        ({"claim_types": ["denial", "denial"]}, "body"),
        ({"claim_types": "denial"}, "claim_types"),
        ({"text": " "}, "text"),
        ({"text": "ا\x00"}, "text"),
        ({"reviewer": ""}, "reviewer"),
        ({"place": -1}, "place"),
        ({"place": 2**31}, "place"),
        ({"given": {"stance": "x"}}, "given.claim_types"),
        ({"id": 7}, "id"),
    ],
)
def test_what_is_no_review(server, change, field):
    error = assert_error(server.post("/v1/reviews", {**FULL, **change}), 422, "invalid")
    assert error["details"]["faults"][0]["field"] == field, error
    if change in ({"stance": "friendly"}, {"claim_types": ["denial", "rumour"]}):
        assert "denial" in error["message"] or "pro_russia" in error["message"]


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "offset=-1", "who=x", "limit=1&limit=2", "reviewer=%00"])
def test_what_is_no_query(server, query):
    assert_error(server.client.get(f"/v1/reviews?{query}"), 422, "invalid")


def test_exports(server):
    add(server, reviewer="مصدرة", text="=1+1")
    add(server, reviewer="مصدرة", text="خبر\x0bآخر", given=None)
    lines = server.client.get("/v1/reviews/export").text.split("\n")[:-1]
    rows = [row for row in map(json.loads, lines) if row["reviewer"] == "مصدرة"]
    assert rows[0]["given"] == FULL["given"] and rows[1]["given"] is None and rows[0]["claim_types"] == ["denial"]
    assert len(lines) == found(server)["total"]

    response = server.client.get("/v1/reviews/export", params={"format": "csv"})
    assert response.headers["content-disposition"] == 'attachment; filename="reviews.csv"'
    assert response.content.startswith(b"\xef\xbb\xbf") and int(response.headers["content-length"]) == len(
        response.content
    )
    table = [
        row for row in csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))) if row["reviewer"] == "مصدرة"
    ]
    assert table[0]["text"] == "'=1+1" and table[0]["note"] == "'=النفي صريح"
    assert table[0]["given_stance"] == "neutral_report" and table[1]["given_stance"] == ""

    book = openpyxl.load_workbook(
        io.BytesIO(server.client.get("/v1/reviews/export", params={"format": "xlsx"}).content)
    )
    sheet = book["reviews"]
    names = [cell.value for cell in sheet[1]]
    cells = [dict(zip(names, row, strict=True)) for row in sheet.iter_rows(min_row=2)]
    (first, second) = [row for row in cells if row["reviewer"].value == "مصدرة"]
    assert (first["text"].value, first["text"].data_type) == ("=1+1", "s") and second["text"].value == "خبرآخر"
    assert not [cell for row in cells for cell in row.values() if cell.data_type == "f"]
    assert_error(server.client.get("/v1/reviews/export?format=pdf"), 422, "invalid")


def test_reviews_outlive_the_server(tmp_path):
    with Server(state_folder=tmp_path) as server:
        review = add(server.wait_ready())
        server.worker().kill()
        assert server.process.poll() is None
    with Server(state_folder=tmp_path) as server:
        assert found(server.wait_ready())["reviews"] == [review]
        assert DENIAL not in server.log() and FULL["reviewer"] not in server.log()


def test_a_database_out_of_reach_keeps_no_label_back(tmp_path):
    (tmp_path / "file").write_text("")
    url = "postgresql://desk:secret-word@127.0.0.1:1/reviews"
    for settings in ({"state_folder": tmp_path / "file"}, {"database_url": url}):
        with Server(**settings) as server:
            server.wait_ready()
            assert server.sentences(DENIAL).status_code == 200
            answer = server.post("/v1/reviews", FULL)
            assert_error(answer, 503, "storage_failed")
            assert answer.headers["retry-after"] and "secret-word" not in answer.text + server.log()


@pytest.fixture
def reviews(tmp_path):
    kept = Reviews(sqlite_url(tmp_path))
    yield kept
    kept.close()


def check_history(reviews):
    """No statement of whoever has the database changes or deletes a review."""
    review = reviews.add(draft())
    for statement in ("UPDATE reviews SET stance = 'x'", "DELETE FROM reviews"):
        with pytest.raises(DBAPIError, match="history is not overwritten"), reviews.open().begin() as connection:
            connection.execute(sql(statement))
    assert reviews.find().reviews == (review,)


def check_starters(url):
    """Many start at once: the tables are made once."""
    starters = [Reviews(url) for _ in range(8)]
    gate = threading.Barrier(len(starters))

    def start(reviews):
        gate.wait()
        return reviews.add(draft()).id

    with ThreadPoolExecutor(len(starters)) as pool:
        ids = list(pool.map(start, starters))
    assert len(set(ids)) == 8 and starters[0].find().total == 8
    with starters[0].open().connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    migrate(starters[0].open())
    for one in starters:
        one.close()


def check_reviewers(url):
    """Reviewers at once, each through a connection of their own: no review is lost."""
    reviewers = [Reviews(url) for _ in range(6)]

    def work(number):
        return [reviewers[number].add(draft(reviewer=f"قارئة {number}", place=n)).id for n in range(20)]

    with ThreadPoolExecutor(len(reviewers)) as pool:
        ids = [one for many in pool.map(work, range(len(reviewers))) for one in many]
    assert len(set(ids)) == 120
    kept = list(reviewers[0].all())
    assert [one.id for one in kept] == sorted(ids)
    assert reviewers[0].find(reviewer="قارئة 3", limit=500).total == 20
    for one in reviewers:
        one.close()


def test_history_is_never_overwritten(reviews):
    check_history(reviews)


def test_many_starters(tmp_path):
    check_starters(sqlite_url(tmp_path))


def test_many_reviewers(tmp_path):
    check_reviewers(sqlite_url(tmp_path))


def test_all_reviews_come_in_pages(reviews, monkeypatch):
    monkeypatch.setattr("serving.reviews.store.FETCHED", 3)
    ids = [reviews.add(draft(place=n)).id for n in range(7)]
    assert [one.id for one in reviews.all()] == ids


@pytest.mark.parametrize("url", ["mysql://host/name", "sqlite://", "reviews.db", "sqlite:///:memory:"])
def test_addresses_that_are_none_of_ours(url):
    with pytest.raises(ValueError, match=r"sqlite|address"):
        url_of(url)
