"""What a run writes down while it trains: each entry into ``log.jsonl``, and a line for the person who waits."""

import json
import sys
import time
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

__all__ = ["BEST", "RunLog"]

# The key of an epoch's validation score, by which the best one is kept.
BEST = "eval_score"


class RunLog(TrainerCallback):
    """Everything logged goes to a file, epochs also to standard error."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Called by the Trainer with each entry."""
        if not state.is_world_process_zero:
            return
        entry = {"step": state.global_step, **(logs or {}), "time": round(time.time(), 3)}
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry, ensure_ascii=False, default=float) + "\n")
        if BEST in entry:
            shown = " ".join(f"{k.removeprefix('eval_')} {v:.3f}" for k, v in entry.items() if k.startswith("eval_"))
            sys.stderr.write(
                f"epoch {state.epoch:.0f} of {args.num_train_epochs:.0f}, step {state.global_step}: {shown}\n"
            )
        elif "loss" in entry:
            sys.stderr.write(f"step {state.global_step} of {state.max_steps}: loss {float(entry['loss']):.3f}\n")
