"""Inputs and outputs behind URLs: a real S3 server on this machine, spoken to as any other."""

import gzip
import json
import time

import fsspec
import pytest

from tasrih import cli
from tests.serving.batch.texts import row, tree, write_jsonl

moto = pytest.importorskip("moto.server")
pytest.importorskip("s3fs")


@pytest.fixture(scope="module")
def s3():
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    patch = pytest.MonkeyPatch()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",  # of the server above, which takes any
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        patch.setenv(name, value)
    fs = fsspec.filesystem("s3", skip_instance_cache=True)
    fs.mkdir("news")
    yield fs
    patch.undo()
    server.stop()


def batch(*words: object) -> int:
    return cli.main(["batch", *map(str, words)])


def objects(fs, root):
    return {name.removeprefix(root + "/"): fs.cat_file(name) for name in fs.find(root, refresh=True)}


def test_a_job_from_bucket_to_bucket_equals_a_local_one(s3, tmp_path):
    rows = [row(n) for n in range(5)]
    data = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows).encode()
    s3.pipe_file("news/in/a.jsonl.gz", gzip.compress(data[:500], mtime=0) + gzip.compress(data[500:], mtime=0))
    words = ("--shard-articles", 2)
    assert batch("s3://news/in/*.gz", "--output", "s3://news/out", *words) == 0
    assert batch("s3://news/in", "--output", tmp_path / "out", *words) == 0
    here, there = tree(tmp_path / "out"), objects(s3, "news/out")
    assert here == there
    assert batch("verify", "s3://news/out") == 0 and batch("status", "s3://news/out") == 0
    # A part that is lost is made again, and nothing else is.
    s3.rm("news/out/articles/part-00001.parquet")
    changed = s3.info("news/out/articles/part-00000.parquet", refresh=True)["LastModified"]
    time.sleep(1.1)
    assert batch("s3://news/in/*.gz", "--output", "s3://news/out", *words) == 2
    assert batch("s3://news/in/*.gz", "--output", "s3://news/out", "--resume", *words) == 0
    assert objects(s3, "news/out") == here
    assert s3.info("news/out/articles/part-00000.parquet", refresh=True)["LastModified"] == changed


def test_a_folder_of_pages_in_a_bucket(s3, tmp_path):
    for n in range(3):
        s3.pipe_file(f"news/pages/{n}.txt", row(n)["text"].encode())
    s3.pipe_file("news/pages/.hidden.txt", b"x")
    assert batch("s3://news/pages/", "--output", tmp_path / "out", "--format", "jsonl") == 0
    lines = (tmp_path / "out" / "articles" / "part-00000.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["article_id"] for line in lines] == [f"s3://news/pages/{n}.txt" for n in range(3)]


def test_what_is_not_there_is_told(s3, tmp_path, capsys):
    for url in ("s3://news/none.jsonl", "s3://news/none*.jsonl", "s3://nobucket/a.jsonl"):
        assert batch(url, "--output", tmp_path / "o") == 2
        assert url in capsys.readouterr().err


def test_any_file_system_of_fsspec(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [row(0)])
    with fsspec.open("memory://in/a.jsonl", "wb") as out:
        out.write(path.read_bytes())
    assert batch("memory://in/a.jsonl", "--output", "memory://out") == 0
    assert batch("verify", "memory://out") == 0
