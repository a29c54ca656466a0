"""What a search leaves for people: the best trial's config, all trials as JSON, and as a page with a table and a chart."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import yaml

from training.charts import Series, line_chart
from training.config import Config
from training.pages import write_page
from training.run_folder import write_json
from training.search_config import BEST_CONFIG, set_key
from training.study import Result, told

__all__ = ["write_search"]


def write_search(config: Config, results: Sequence[Result], best: Result, folder: Path) -> Path:
    """Write ``best.yaml``, ``trials.json`` and ``report.html``; returns the first."""
    path = folder / BEST_CONFIG
    path.write_text(_best(config, results, best, path), encoding="utf-8")
    write_json(folder / "trials.json", [asdict(result) | {"number": result.number + 1} for result in results])
    done = [result for result in results if result.score is not None]
    assert config.search is not None
    write_page(
        "search.html.j2",
        folder / "report.html",
        name=config.output.name,
        folder=folder.name,
        search=config.search,
        results=sorted(results, key=lambda one: (one.state != "complete", -(one.score or 0.0), one.number)),
        best=best,
        best_config=path,
        chart=_chart(done),
        knobs=told,
    )
    return path


def _best(config: Config, results: Sequence[Result], best: Result, path: Path) -> str:
    sections = config.written()
    del sections["search"]
    for key, value in best.knobs.items():
        set_key(sections, key, value)
    sections["output"]["run"] = None  # that of the search
    lines = [
        f"# tasrih train {path}",
        "#",
        f"# The best of {len(results)} trials: trial {best.number + 1}, {best.score:.4f} on validation, epoch {best.best_epoch}.",
        f"# Found:    {told(best.knobs)}",
        f"# Expect:   about the {best.seconds:.0f} s of its trial on that machine, and a minute for release and report.",
        "#           A search takes the luckiest of many: expect the test split to say a little less.",
        "# Paths are relative to the working directory in which the search ran.",
        "",
    ]
    return "\n".join(lines) + yaml.safe_dump(sections, allow_unicode=True, sort_keys=False)


def _chart(results: Sequence[Result]) -> str:
    """Score by trial, and the best so far."""
    scores = [(float(one.number + 1), float(one.score or 0.0)) for one in results]
    so_far = [(at, max(score for _, score in scores[: place + 1])) for place, (at, _) in enumerate(scores)]
    series = [Series("trial", scores, 1, [3.0] * len(scores)), Series("best so far", so_far, 0)]
    last = max((at for at, _ in scores), default=1.0)
    return line_chart(series, x_label="trial", y_label="score on validation", x_range=(1, last), y_range=(0, 1))
