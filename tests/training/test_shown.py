"""Texts of others stand on no page that git would take; archives are read as `tasrih label` reads them."""

import json
import shutil
import subprocess

import pytest

from tasrih.errors import InputError
from training.archive import read_archive
from training.shown import Shown, could_be_committed, for_page

SENTENCES = [Shown("a", "لنا", "composed"), Shown("b", "لهم", "real"), Shown("c", "لهم", "archive")]


@pytest.fixture
def checkout(tmp_path):
    git = shutil.which("git")
    assert git
    folder = tmp_path / "checkout"
    folder.mkdir()
    subprocess.run([git, "init", "--quiet", str(folder)], check=True)
    (folder / ".gitignore").write_text("/runs/\n", encoding="utf-8")
    return folder


def test_git_decides(checkout, tmp_path):
    assert could_be_committed(checkout / "docs" / "page.html")  # the folder is not there yet
    assert could_be_committed(checkout / "page.html")
    assert not could_be_committed(checkout / "runs" / "one" / "page.html")
    assert not could_be_committed(tmp_path / "page.html")


def test_without_git_a_checkout_is_not_trusted(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert could_be_committed(checkout / "runs" / "page.html")


def test_only_our_own_texts_may_be_committed(checkout):
    assert [one.text for one in for_page(SENTENCES, checkout / "page.html")] == ["لنا", None, None]
    assert for_page(SENTENCES, checkout / "runs" / "page.html") == SENTENCES
    assert for_page(SENTENCES, None) == SENTENCES


def test_an_archive_is_a_folder_of_articles_and_lines(tmp_path, capsys):
    (tmp_path / "a.txt").write_text("قالت موسكو إنها مستعدة للحوار. وردت كييف بالرفض.", encoding="utf-8")
    lines = [{"id": "x1", "text": "وصل الوفد."}, {"text": "غادر الوفد."}]
    (tmp_path / "b.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    (tmp_path / "c.jsonl").write_text('{"id": "good", "text": "نص"}\n{"id": "no text"}\n', encoding="utf-8")
    (tmp_path / "d.txt").write_text("no Arabic here", encoding="utf-8")
    found = read_archive(tmp_path)
    assert [one.id for one in found] == ["a.txt:1", "a.txt:2", "x1", "b.jsonl:2"]
    assert {one.source for one in found} == {"archive"}
    told = capsys.readouterr().err
    assert "c.jsonl, line 2: no text string" in told and "d.txt" in told
    assert [one.id for one in read_archive(tmp_path / "b.jsonl")] == ["x1", "b.jsonl:2"]


def test_an_archive_without_a_sentence_is_told(tmp_path):
    with pytest.raises(InputError, match="no sentence found"):
        read_archive(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        read_archive(tmp_path / "nowhere")
