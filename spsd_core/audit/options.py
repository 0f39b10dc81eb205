"""What can be said about an audit, beside the settings of the distiller."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from spsd_core.audit.readers import Format

__all__ = ["AuditOptions"]


class AuditOptions(BaseModel):
    """How a log is read, and what is made of it."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        validate_default=True,
        allow_inf_nan=False,
    )

    format: Format | None = None
    """How the log is written; None: told by its name and its first bytes."""
    column: str | None = None
    """Column of CSV, or field of JSON (`a.b`), that holds the prompt; None: looked for."""
    run_types: tuple[str, ...] = ("llm", "chat_model")
    """LangSmith runs that count. A chain's run holds the same messages as the model's inside it."""
    workers: int | None = Field(default=None, ge=1)
    """Processes; None: one a core that may be used. 1: none but this."""
    state: Path | None = None
    """File to go on from after a run was cut off. It holds some of the prompts."""
    checkpoint_s: float = Field(default=5.0, ge=0)
    """Least time between two writings of the state, seconds."""
    limit: float = Field(default=0.01, ge=0, lt=1)
    """Share of the input tokens below which SPSD is said not to help."""
    calls_per_month: float | None = Field(default=None, gt=0)
    """None: as many as the times in the log make likely."""
    prices: Path | None = None
    """Price file; None: the example figures that come with SPSD."""
    model: str | None = None
    """Which model of the price file is paid for; None: its first."""
    assume_prompt_cache: bool = True
    """Whether what a conversation sends again is priced as cached."""
    replicates: int = Field(default=1000, ge=100, le=10_000)
    """Of the bootstrap."""
    seed: int = 6
    """Of the bootstrap and of the sample."""
    findings: int = Field(default=20, ge=0, le=1000)
    """How many of the largest and of the riskiest cuts are kept."""
    sample: int = Field(default=200, ge=0, le=5000)
    """Distinct prompts on which other settings are tried; 0: none are."""

    def counting(self) -> dict[str, object]:
        """What the counts of a run hang on; a state file goes with these alone."""
        names = {"format", "column", "run_types", "replicates", "seed", "findings", "sample"}
        return self.model_dump(mode="json", include=names)
