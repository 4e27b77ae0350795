"""LoRA: small matrices beside the frozen weights (Hu et al. 2021, arXiv:2106.09685)."""

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from peft import LoraConfig


class Lora(BaseModel):
    """An adapter on all linear layers but the head (best in Dettmers et al. 2023, arXiv:2305.14314)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    r: int = Field(16, ge=1, description="rank of the two matrices")
    alpha: int | None = Field(None, ge=1, description="the update is scaled by alpha / r; null: twice r")
    dropout: float = Field(0.0, ge=0, lt=1, description="share of the adapter's inputs that are set to zero")

    def for_peft(self) -> "LoraConfig":
        """The same, as PEFT takes it."""
        from peft import LoraConfig

        return LoraConfig(
            r=self.r,
            lora_alpha=self.alpha or 2 * self.r,
            lora_dropout=self.dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        )
