"""The releases that are served, each with a queue and an engine's owner of its own; the default one first."""

from collections.abc import Sequence
from dataclasses import dataclass

from serving.errors import ServiceError
from serving.metrics import Metrics
from serving.model import Model
from serving.owner import Owner
from serving.queue import Queue
from serving.settings import Settings

__all__ = ["Releases", "Served"]


@dataclass(frozen=True, slots=True)
class Served:
    """A release at work."""

    model: Model
    queue: Queue
    owner: Owner

    @classmethod
    def start(cls, model: Model, settings: Settings, metrics: Metrics) -> "Served":
        """Give a release its queue and its owner's thread."""
        queue = Queue(
            max_length=model.release.max_length,
            round_tokens=settings.round_tokens,
            turn_sentences=settings.turn_sentences,
            cache_sentences=settings.cache_sentences,
            metrics=metrics,
        )
        owner = Owner(queue, model.release, model.engine, metrics)
        owner.start()
        return cls(model, queue, owner)

    @property
    def title(self) -> str:
        """What a request names it by, such as ``tasrih-base 0.2.0``."""
        return f"{self.model.release.name} {self.model.release.version}"


@dataclass(frozen=True, slots=True)
class Releases:
    """See the module; at least one."""

    served: Sequence[Served]

    @property
    def default(self) -> Served:
        return self.served[0]

    @property
    def titles(self) -> list[str]:
        return [one.title for one in self.served]

    @property
    def alive(self) -> bool:
        """Whether every queue has somebody to take from it."""
        return all(one.owner.alive for one in self.served)

    @property
    def seconds_a_sentence(self) -> float:
        """Of late, of the slowest."""
        return max(one.owner.seconds_a_sentence for one in self.served)

    def named(self, title: str | None) -> Served:
        """The release of a title; None is the default.

        Raises:
            ServiceError: 422.
        """
        for one in self.served:
            if title is None or one.title == title:
                return one
        message = f"not loaded here; there is {' and '.join(self.titles)}"
        raise ServiceError(
            422, "invalid", f"release: {message}", details={"faults": [{"field": "release", "message": message}]}
        )

    def to_json(self) -> list[dict[str, str]]:
        return [{"name": one.model.release.name, "version": one.model.release.version} for one in self.served]
