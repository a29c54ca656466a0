"""transformers' Trainer, told how we batch, optimise, lose and validate."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from accelerate.data_loader import prepare_data_loader
from torch import Tensor
from torch.utils.data import DataLoader
from transformers import Trainer

from tasrih.engines.classifier import Classifier
from training.config import TrainingConfig
from training.dataset import BucketSampler
from training.loss import Soft, StanceAndClaimsLoss
from training.processes import Processes
from training.run_log import BEST
from training.shares import Shares

__all__ = ["EpochTrainer", "StoppedEarlyError"]


class StoppedEarlyError(Exception):
    """After an epoch somebody said that this run is not worth going on with: a search, of a trial."""


class EpochTrainer(Trainer):
    """The Trainer with attributes that `training.fit` sets before it begins.

    Attributes:
        config: the optimisation.
        loss: of a batch.
        validate: scores of the validation split; called in the first process alone.
        goes_on: whether to, asked in the first process with the epochs done and the score of the last.
        classifier: the model, as it is when nothing is wrapped around it.
        lengths: tokens of each training sentence.
        processes: that train together.
        began_s: when the epoch did.
        counted_steps: steps before the epoch.
        loss_sum: over the steps of the epoch.
    """

    config: TrainingConfig
    loss: StanceAndClaimsLoss
    validate: Callable[[], dict[str, float]]
    goes_on: Callable[[int, float], bool]
    classifier: Classifier
    lengths: Sequence[int]
    processes: Processes
    began_s: float
    counted_steps: int
    loss_sum: Tensor | float = 0.0
    loss_is_scaled_for_ga = False

    def get_train_dataloader(self) -> Any:
        """This process's share of every step; accelerate is told not to divide it once more."""
        config = self.config
        order = BucketSampler(
            self.lengths, batch_size=config.batch_size * config.gradient_accumulation, seed=config.seed
        )
        loader: Any = DataLoader(
            self.train_dataset,  # type: ignore[arg-type]  # a datasets.Dataset, which is one in all but name
            batch_sampler=Shares(order, batches_a_step=config.gradient_accumulation, processes=self.processes),
            collate_fn=self.data_collator,
            pin_memory=self.args.dataloader_pin_memory,
        )
        return prepare_data_loader(
            loader, device=self.args.device, num_processes=1, process_index=0, put_on_device=True
        )

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        if self.optimizer is None:
            device = self.args.device.type
            self.optimizer = torch.optim.AdamW(_parameter_groups(self.classifier, self.config), fused=device != "mps")
        return self.optimizer

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        logits = model(inputs["ids_BL"], inputs["mask_BL"])
        soft = None
        if "soft_stance_BS" in inputs:
            soft = Soft(inputs["soft_stance_BS"], inputs["soft_claims_BC"], inputs.get("soft_pooled_BD"))
        loss = self.loss(logits, inputs["stance_B"], inputs["claims_BC"], inputs["weight_B"], soft)
        return (loss, logits) if return_outputs else loss

    def training_step(self, *arguments: Any, **more: Any) -> Tensor:
        """The Trainer's own, its loss added up: what the Trainer reports leaves out the steps before a resume."""
        loss = super().training_step(*arguments, **more)
        self.loss_sum = self.loss_sum + loss.detach()
        return loss

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """All of validation, padded as inference pads, at the end of an epoch."""
        metrics, goes_on = self.processes.from_first(self._validated)
        steps, now_s = self.state.global_step - self.counted_steps, time.perf_counter()
        loss = self.processes.mean(float(self.loss_sum) / steps, self.args.device.type)
        metrics = {**metrics, "epoch_loss": loss, "epoch_seconds": now_s - self.began_s}
        self.loss_sum, self.counted_steps, self.began_s = 0.0, self.state.global_step, now_s
        self.log(dict(metrics))
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        if not goes_on:
            raise StoppedEarlyError
        return metrics

    def _save_rng_state(self, output_dir: str) -> None:
        """Every process's own, before the first writes what makes a checkpoint whole: a kill may come in between."""
        super()._save_rng_state(output_dir)
        self.processes.wait()

    def _validated(self) -> tuple[dict[str, float], bool]:
        metrics = self.validate()
        return metrics, self.goes_on(round(self.state.epoch or 0), metrics[BEST])


def _parameter_groups(model: Classifier, config: TrainingConfig) -> list[dict[str, Any]]:
    """Encoder and heads at rates of their own; biases and norms, which are vectors, without decay."""
    head = {id(parameter) for parameter in model.head_parameters()}
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for parameter in model.parameters():
        if not parameter.requires_grad:
            continue
        rate = config.head_learning_rate if id(parameter) in head else config.learning_rate
        decay = config.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    return [{"params": group, "lr": rate, "weight_decay": decay} for (rate, decay), group in groups.items()]
