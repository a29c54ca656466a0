"""tasrih: stance and claim types of every sentence of an Arabic news article.

from tasrih import Document, Labeller

report = Labeller.open().label_articles([Document(text=page)])[0]
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasrih.pipeline import Labeller
    from tasrih.types import ArticleReport, Document, LabelledSentence

__all__ = ["ArticleReport", "Document", "LabelledSentence", "Labeller"]


def __getattr__(name: str) -> Any:
    # Late, so that `tasrih --help` does not wait for the engine's libraries.
    if name == "Labeller":
        from tasrih.pipeline import Labeller

        return Labeller
    if name in __all__:
        from tasrih import types

        return getattr(types, name)
    raise AttributeError(f"module 'tasrih' has no attribute {name!r}")
