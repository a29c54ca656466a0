"""What a release must show before it becomes the current one: the names of the gates, and their limits."""

from pathlib import Path

from training.config_file import read_config
from training.config_inputs import Count, NotNegative, Section, Share

__all__ = ["FORCEABLE", "GATES", "GatesConfig", "read_gates"]

GATES = ("hashes", "stance_floor", "claim_floor", "no_class_down", "speed")
# A release with a wrong hash does not load: there is no sense in forcing it.
FORCEABLE = GATES[1:]
DEFAULT = Path("configs/gates.yaml")


class GatesConfig(Section):
    """What is asked of a release.

    Attributes:
        stance_macro_f1: floor of the mean F1 of the stances.
        claim_f1: floor of each claim type's F1, or one floor a claim type; one that is not named has none.
        max_drop_points: hundredths of F1 that any stance or claim type may lose against the current release.
        max_slower: share of time a sentence may take more than the current release's.
        rounds: in which speed is measured. More: steadier, longer.
    """

    stance_macro_f1: Share = 0.70
    claim_f1: Share | dict[str, Share] = 0.65
    max_drop_points: NotNegative = 2.0
    max_slower: NotNegative = 0.10
    rounds: Count = 7

    def floor(self, claim: str) -> float:
        """The floor of a claim type."""
        return self.claim_f1.get(claim, 0.0) if isinstance(self.claim_f1, dict) else self.claim_f1


def read_gates(path: Path | None) -> GatesConfig:
    """The gates of a file; of none, those of `configs/gates.yaml` where it is there, else the defaults.

    Raises:
        ConfigError: naming every fault at once.
    """
    if path is None and not DEFAULT.is_file():
        return GatesConfig()
    return read_config(path or DEFAULT, (), GatesConfig)
