"""An archive with as few repeats as real news has, and how a batch job does on it.

    python -m benchmarks.archive make build/archive --sentences 1000000   # JSON lines, 10,000 articles a file
    python -m benchmarks.archive run build/archive build/labelled          # time, rate, and memory over time
    python -m benchmarks.archive speed build/archive --articles 2000       # here and on Ray, against labelling in one process
    python -m benchmarks.archive crash build/archive --seeds 200           # kill -9 at random moments, then compare

With `run` and `crash` other words go to the job: `--model` takes a release that is not the current one.

Sentences are put together from words and phrases by a seed: no two files are alike, and the same call makes the same bytes.
"""

import argparse
import filecmp
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
ARTICLES_A_FILE = 10_000
SENTENCES_AN_ARTICLE = 25
# News agencies are copied: of a hundred sentences about so many stood in another article before.
REPEATED = 0.08

WHO = "وزير الخارجية|المتحدث باسم الحكومة|مصدر أمني|رئيس البعثة|نائب الرئيس|مدير الوكالة|قائد المنطقة|محلل عسكري".split(
    "|"
)
WHERE = "موسكو|كييف|سيول|بيونغ يانغ|واشنطن|طهران|بكين|أنقرة|مسقط|القاهرة|الرباط|بغداد|وارسو|فيينا".split("|")
SAID = "قال|أكد|أعلن|ذكر|أوضح|نفى|اتهم|رأى|كشف|حذر من".split("|")
WHAT = (
    "أن شحنات من القذائف وصلت عبر الميناء|أن الاتهامات لا أساس لها|أن المحادثات تناولت التجارة والنقل|"
    "أن بلاده لن تسلم أسلحة إلى أي طرف|"
    "أن العقوبات الجديدة تشمل مصانع المسيّرات|أن القوات تقدمت قرب النهر|أن الهدنة ما زالت قائمة|أن الغرب يؤجج الصراع|"
    "أن الموازنة أقرت بعد نقاش طويل|أن السفينة غادرت إلى وجهة غير معلومة"
).split("|")
MORE = (
    "خلال مؤتمر صحفي عقده مساء|في بيان نشرته الوكالة الرسمية|بحسب ما نقلته صحيفة محلية|على هامش اجتماع استمر ساعات|"
    "بعد زيارة قصيرة|"
    "مشيرا إلى تقارير لم يتسن التحقق منها|من دون أن يذكر تفاصيل|وسط ترقب في الأسواق"
).split("|")
OUTLETS = [f"صحيفة {name}" for name in "الأفق|الضفة|المدار|الميناء|السهل|الجسر|المنارة|الواحة".split("|")]


def sentence(dice: random.Random) -> str:
    """A sentence of 10 to 40 words with a number or a name in it, so that it hardly ever stands twice."""
    parts = [f"{dice.choice(SAID)} {dice.choice(WHO)} في {dice.choice(WHERE)} {dice.choice(WHAT)}"]
    parts += dice.sample(MORE, dice.randint(0, 3))
    parts.append(f"وبلغ عدد الحاضرين {dice.randint(3, 99_999)} في {dice.choice(WHERE)}")
    return " ".join(parts) + "."


def article(dice: random.Random, number: int, wire: list[str]) -> dict[str, Any]:
    """An article as an archive holds it; some of its sentences come off the wire."""
    sentences = []
    for _ in range(max(3, round(dice.gauss(SENTENCES_AN_ARTICLE, 8)))):
        if wire and dice.random() < REPEATED:
            sentences.append(dice.choice(wire))
        else:
            sentences.append(sentence(dice))
            wire.append(sentences[-1])
    del wire[:-20_000]
    day = f"{2019 + number % 6}-{1 + dice.randrange(12):02}-{1 + dice.randrange(28):02}"
    paragraphs = [" ".join(sentences[start : start + 3]) for start in range(0, len(sentences), 3)]
    return {"id": f"n{number:08}", "text": "\n\n".join(paragraphs), "source": dice.choice(OUTLETS), "published": day}


def make(folder: Path, n_sentences: int, seed: int = 7) -> None:
    """Write the archive, file by file."""
    folder.mkdir(parents=True, exist_ok=True)
    dice = random.Random(seed)
    wire: list[str] = []
    n_articles = n_sentences // SENTENCES_AN_ARTICLE
    for first in range(0, n_articles, ARTICLES_A_FILE):
        path = folder / f"archive-{first // ARTICLES_A_FILE:04}.jsonl"
        with path.open("w", encoding="utf-8") as out:
            for number in range(first, min(first + ARTICLES_A_FILE, n_articles)):
                out.write(json.dumps(article(dice, number, wire), ensure_ascii=False) + "\n")
    print(f"{folder}: {n_articles:,} articles, about {n_sentences:,} sentences")


def batch(archive: Path, out: Path, *words: str) -> list[str]:
    """The job's command."""
    return [sys.executable, "-m", "tasrih.cli", "batch", str(archive), "--output", str(out), *words]


def run(archive: Path, out: Path, words: list[str]) -> None:
    """Run the job and watch its memory: of all its processes together, each second."""
    begun_s = time.monotonic()
    running = subprocess.Popen(batch(archive, out, *words), cwd=ROOT)
    seen: list[tuple[float, float]] = []
    while running.poll() is None:
        seen.append((time.monotonic() - begun_s, _memory_mib(running.pid)))
        time.sleep(1)
    passed_s = time.monotonic() - begun_s
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    tenths = [[mib for at_s, mib in seen if number <= 10 * at_s / passed_s < number + 1] for number in range(10)]
    print(json.dumps({
        "exit": running.returncode,
        "seconds": round(passed_s, 1),
        "sentences": manifest["sentences"],
        "sentences_per_second": round(manifest["sentences"] / passed_s, 1),
        "peak_mib": round(max((mib for _, mib in seen), default=0)),
        "peak_mib_by_tenth": [round(max(tenth, default=0)) for tenth in tenths],
    }))  # fmt: skip


def _memory_mib(pid: int) -> float:
    total = 0
    try:
        for one in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
            total += one.memory_info().rss
    except psutil.NoSuchProcess:
        pass
    return total / 2**20


def speed(archive: Path, n_articles: int, turns: int, engines: list[str]) -> None:
    """The same articles through the job, on each engine, and through one process that labels them, turn about."""
    work = ROOT / "build" / "speed"
    sample = _sample(archive, work, n_articles)
    code = (
        "import json,sys,time; from tasrih import Document, Labeller\n"
        "rows=[json.loads(line) for line in open(sys.argv[1], encoding='utf-8')]\n"
        "labeller=Labeller.open(cache_sentences=100_000); labeller.label_texts(['خبر']); begun=time.monotonic(); n=0\n"
        "for start in range(0, len(rows), 64):\n"
        "    reports=labeller.label_articles([Document(text=row['text']) for row in rows[start:start+64]])\n"
        "    n+=sum(len(one.sentences) for one in reports)\n"
        "print(n/(time.monotonic()-begun))"
    )
    for turn in range(turns):
        inside = subprocess.run(
            [sys.executable, "-c", code, str(sample)], cwd=ROOT, check=True, capture_output=True, text=True
        )
        alone = float(inside.stdout)
        told = [f"in process {alone:.1f} sentences/s"]
        for engine in engines:
            out = work / f"{engine}-{turn}"
            begun_s = time.monotonic()
            words = ("--engine", engine, "--shard-articles", str(max(1, n_articles // 4)))
            subprocess.run(batch(sample, out, *words), cwd=ROOT, check=True, capture_output=True)
            passed_s = time.monotonic() - begun_s
            n = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["sentences"]
            told.append(f"{engine} {n / passed_s:.1f} ({n / passed_s / alone:.0%}; {passed_s:.1f} s)")
        for engine in engines[1:]:
            _compare(work / f"{engines[0]}-{turn}", work / f"{engine}-{turn}", "turn", turn)
        print(f"{n:,} sentences, start and summary included: {'; '.join(told)}; folders equal", flush=True)


def crash(archive: Path, seeds: int, words: list[str]) -> None:
    """Kill the job at random moments until it has ended, then compare with an undisturbed run."""
    work = ROOT / "build" / "crash"
    sample = _sample(archive, work, 60)
    words = ["--resume", "--shard-articles", "4", *words]
    begun_s = time.monotonic()
    subprocess.run(batch(sample, work / "whole", *words), cwd=ROOT, check=True, capture_output=True)
    whole_s = time.monotonic() - begun_s
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        kills = sum(pool.map(lambda seed: _until_done(sample, work, seed, whole_s, words), range(seeds)))
    print(f"{seeds} seeds, {kills} kills: every folder equals the undisturbed one, byte for byte")


def _until_done(sample: Path, work: Path, seed: int, whole_s: float, words: list[str]) -> int:
    """One seed's job: killed until it has ended, and compared. Gives how often it was killed."""
    dice = random.Random(seed)
    out = work / f"out-{seed}"
    kills = 0
    while True:
        running = subprocess.Popen(
            batch(sample, out, *words), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            # Often before its end; it ends by luck, as it would.
            running.wait(timeout=whole_s * dice.uniform(0.2, 1.5))
            break
        except subprocess.TimeoutExpired:
            os.kill(running.pid, signal.SIGKILL)
            running.wait()
            kills += 1
    assert running.returncode == 0, f"seed {seed}"
    _compare(work / "whole", out, "seed", seed)
    shutil.rmtree(out)
    return kills


def _sample(archive: Path, work: Path, n_articles: int) -> Path:
    """The archive's first articles, in a file of their own in `work`, which is emptied."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    sample = work / "sample.jsonl"
    with (archive / "archive-0000.jsonl").open(encoding="utf-8") as lines:
        sample.write_text("".join(islice(lines, n_articles)), encoding="utf-8")
    return sample


def _compare(whole: Path, out: Path, what: str, number: int) -> None:
    names = [sorted(str(path.relative_to(one)) for path in one.rglob("*") if path.is_file()) for one in (whole, out)]
    assert names[0] == names[1], f"{what} {number}: {set(names[0]) ^ set(names[1])}"
    _, different, unread = filecmp.cmpfiles(whole, out, names[0], shallow=False)
    assert not different and not unread, f"{what} {number}: {different} {unread}"


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("make", "run", "speed", "crash"))
    parser.add_argument("archive", type=Path)
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument("--sentences", type=int, default=1_000_000)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--articles", type=int, default=2000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--engines", default="local,ray")
    arguments, words = parser.parse_known_args()
    if arguments.what == "make":
        make(arguments.archive, arguments.sentences)
    elif arguments.what == "run":
        run(arguments.archive, arguments.out or ROOT / "build" / "labelled", words)
    elif arguments.what == "speed":
        speed(arguments.archive, arguments.articles, arguments.turns, arguments.engines.split(","))
    else:
        crash(arguments.archive, arguments.seeds, words)


if __name__ == "__main__":
    main()
