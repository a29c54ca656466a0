"""Pages that open anywhere with no network: one HTML file each, styles and pictures inside."""

import os
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from tasrih.errors import ConfigError
from training.compare import Comparison
from training.compare_table import SCORE_NAMES, megabytes
from training.paired import OVERALL
from training.shown import could_be_committed

__all__ = ["write_comparison", "write_page"]


def write_comparison(found: Comparison, page: Path) -> None:
    """Write a comparison of two releases; raises `ConfigError` where the file cannot be written."""
    withheld = could_be_committed(page)
    write_page("compare.html.j2", page, found=found, labels=found.labels, hidden=withheld)


def write_page(template: str, page: Path, **told: Any) -> None:
    """Render a template of this package, whole or not at all.

    Raises:
        ConfigError: the file cannot be written.
    """
    environment = Environment(
        loader=PackageLoader("training"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["megabytes"] = megabytes
    environment.filters["yaml"] = lambda value: yaml.safe_dump(value, allow_unicode=True, sort_keys=False)
    text = environment.get_template(template).render(**told, score_names=SCORE_NAMES, overall=OVERALL)
    aside = page.with_name(f".{page.name}.{os.getpid()}")
    try:
        aside.write_text(text + "\n", encoding="utf-8")
        aside.replace(page)
    except OSError as error:
        raise ConfigError(f"{page}: cannot be written ({error.strerror}); name another file") from error
    finally:
        aside.unlink(missing_ok=True)
