"""What all trainings ask of the Trainer: device, seed, checkpoints, progress."""

import json
from typing import TYPE_CHECKING, Any

from train.script import Config, report

if TYPE_CHECKING:
    from transformers import TrainerCallback


def arguments(config: Config, *, save_steps: int | None) -> dict[str, Any]:
    """Training arguments that do not depend on the method.

    On a CPU everything is float32: bfloat16 is several times slower where the processor has no
    instructions for it. On a GPU activations are computed anew in the backward pass, for memory is what
    lacks there.
    """
    import torch

    gpu = torch.cuda.is_available()
    return {
        "output_dir": str(config.work / "checkpoints"),
        "seed": config.seed,
        "use_cpu": not gpu,
        "bf16": gpu and torch.cuda.is_bf16_supported(),
        "gradient_checkpointing": gpu,
        "save_strategy": "steps" if save_steps else "no",
        "save_steps": save_steps or 500,
        "save_total_limit": 2,
        "logging_steps": 1 if not gpu else 10,
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": gpu,
    }


def weights_type(*, frozen: bool) -> str:
    """The type to load weights in: those that are trained stay float32 beside bfloat16 arithmetic."""
    import torch

    return (
        "bfloat16" if frozen and torch.cuda.is_available() and torch.cuda.is_bf16_supported() else "float32"
    )


def last_checkpoint(config: Config) -> str | None:
    """The newest whole checkpoint: the Trainer writes `trainer_state.json` last."""
    found = sorted(
        (config.work / "checkpoints").glob("checkpoint-*"), key=lambda p: int(p.name.split("-")[1])
    )
    for folder in reversed(found):
        try:
            json.loads((folder / "trainer_state.json").read_text("utf-8"))
        except (OSError, ValueError):
            continue
        return str(folder)
    return None


def progress(label: str) -> "TrainerCallback":
    """Reports steps and the loss to the process that started this one."""
    from transformers import TrainerCallback

    class Progress(TrainerCallback):
        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            report(label=label, total=state.max_steps, step=state.global_step)

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            words = [f"{name} {logs[key]:.3f}" for name, key in SHOWN.items() if logs and key in logs]
            report(step=state.global_step, note=" ".join(words))

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            report(step=state.global_step)

    return Progress()


SHOWN = {"loss": "loss", "margin": "rewards/margins"}
"""What stands beside the bar, by the Trainer's own names."""
