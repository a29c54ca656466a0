"""The reviews in PostgreSQL: a real server of Debian's package, on a free port, in a folder of its own."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from serving.reviews.database import url_of
from serving.reviews.store import Reviews
from tests.serving.server import Server, free_port
from tests.serving.test_reviews import FULL, add, check_history, check_reviewers, check_starters, draft, found
from tests.serving.test_service_errors import assert_error

pytestmark = pytest.mark.system

# As a user who is not root, which PostgreSQL refuses to run as.
USER = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


def binaries() -> Path:
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))


class Postgres:
    """A server, and databases on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.run("initdb", "-D", f"{folder}/data", "-U", "desk", "-A", "trust", "--no-sync", "-E", "UTF8")
        self.start()

    def run(self, name: str, *words: str) -> None:
        done = subprocess.run(
            [*USER, str(binaries() / name), *words], cwd=self.folder, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        flags = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c fsync=off"
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-w", "-l", f"{self.folder}/log", "-o", flags, "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-w", "-m", "fast", "stop")

    def database(self, name: str) -> str:
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "desk", name)
        return f"postgresql://desk:secret-word@127.0.0.1:{self.port}/{name}"


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    # Not below pytest's own folder, which other users may not enter.
    folder = Path("/tmp") / f"tasrih-postgres-{os.getpid()}"
    folder.mkdir(mode=0o700)
    if USER:
        shutil.chown(folder, "postgres")
    server = Postgres(folder)
    yield server
    server.stop()
    shutil.rmtree(folder)


def test_history_is_never_overwritten(postgres):
    reviews = Reviews(url_of(postgres.database("history")))
    check_history(reviews)
    reviews.close()


def test_many_starters(postgres):
    check_starters(url_of(postgres.database("starters")))


def test_many_reviewers(postgres):
    check_reviewers(url_of(postgres.database("reviewers")))


def test_a_review_is_kept_as_it_was_given(postgres):
    reviews = Reviews(url_of(postgres.database("fields")))
    full = draft(**{name: value for name, value in FULL.items() if name != "given"}, given=FULL["given"])
    kept = reviews.add(full)
    assert {name: kept.to_json()[name] for name in FULL} == FULL
    assert reviews.add(draft()).given is None
    assert reviews.find(text=FULL["text"]).total == 2
    reviews.close()


def test_the_service_keeps_its_reviews_there_and_finds_back_after_an_outage(postgres, tmp_path):
    url = postgres.database("service")
    with Server(state_folder=tmp_path, database_url=url) as server:
        server.wait_ready()
        review = add(server)
        assert found(server)["reviews"] == [review]
        postgres.stop()
        assert_error(server.post("/v1/reviews", FULL), 503, "storage_failed")
        postgres.start()
        assert add(server)["id"] > review["id"] and found(server)["total"] == 2
        assert "secret-word" not in server.log()
    assert not (tmp_path / "reviews.sqlite3").exists()
