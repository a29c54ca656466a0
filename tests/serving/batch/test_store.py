"""Output folders behind names: which store, and what a storage that does not answer looks like."""

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from serving.batch.sources import Source, find_sources, open_raw, page_names, unpacked
from serving.batch.store import LocalStore, UrlStore, open_store
from tasrih.errors import ConfigError, InputError


def test_a_file_url_is_a_folder_of_this_machine(tmp_path):
    url = f"file://{tmp_path}/out"
    store = open_store(url)
    assert isinstance(store, LocalStore)
    with store.locked(), pytest.raises(ConfigError, match="another job"), open_store(url).locked():
        pass
    assert (tmp_path / "out").is_dir()


# As the package that speaks to S3 raises it: of no kind that Python knows.
NoKeys = type("NoCredentialsError", (Exception,), {"__module__": "botocore.exceptions"})


class _Away(MemoryFileSystem):  # type: ignore[misc]
    """A storage that answers nothing."""

    protocol = "away"
    error: Exception = NoKeys("unable to locate credentials")

    def _answer(self, *given, **more):
        raise self.error

    info = ls = find = glob = isfile = exists = makedirs = put_file = open = _answer


@pytest.mark.parametrize("error", [NoKeys("no keys"), PermissionError("not you")])
def test_a_storage_that_does_not_answer_is_told_with_the_way_out(tmp_path, monkeypatch, error):
    monkeypatch.setattr(_Away, "error", error)
    fsspec.register_implementation("away", _Away, clobber=True)
    store = open_store("away://out")
    assert isinstance(store, UrlStore)

    def write(name):
        with store.write(name) as path:
            path.touch()

    def read(open, name):
        with open(name):
            pass

    for work in (
        lambda: find_sources(["away://in/*.jsonl"]),
        lambda: find_sources(["away://in/a.jsonl"]),
        lambda: list(page_names("away://in")),
        lambda: read(open_raw, "away://in/a.jsonl"),
        lambda: read(store.open, "a"),
        lambda: write("a"),
        lambda: store.size("a"),
        lambda: store.names(),
        lambda: store.delete("a"),
    ):
        with pytest.raises(InputError, match=r"away://.* (does not answer .*--resume|who may read it)") as raised:
            work()
        assert "does not answer" in str(raised.value) or isinstance(error, OSError)


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_file_that_is_not_whole_is_not_laid_on_its_storage(suffix):
    name = f"memory://damaged.jsonl{suffix}"
    with fsspec.open(name, "wb") as out:
        out.write(b"no such packing")
    with pytest.raises(InputError, match="Check that the file is whole"), open_raw(name) as raw:
        unpacked(raw, name).read()


def test_a_mistake_of_ours_is_no_storage_that_does_not_answer(tmp_path):
    with fsspec.open("memory://mine", "wb") as out:
        out.write(b"x")
    with pytest.raises(KeyError), open_raw("memory://mine"):
        raise KeyError("mine")


def test_packed_parquet_is_refused_by_name(tmp_path):
    (tmp_path / "a.parquet.gz").touch()
    for name in (tmp_path, tmp_path / "a.parquet.gz"):
        with pytest.raises(InputError, match=r"a\.parquet\.gz: Parquet in \.gz.* Unpack it"):
            find_sources([str(name)])
    (tmp_path / "a.parquet").touch()
    assert find_sources([str(tmp_path / "a.parquet")]) == [Source(str(tmp_path / "a.parquet"), "parquet")]
