"""Energy of a call: what the cloud does not spend, minus what this machine spends. Signed.

    net = cloud_saved - edge_spent                                            [microwatt-hours]
    cloud_saved = removed_tokens * cloud_uwh_per_token
    cloud_uwh_per_token = 2 * parameters / achieved_flops * power * pue / 3600 * 1e6

A transformer spends about two floating-point operations per parameter and token in the forward
pass (Kaplan et al. 2020, arXiv 2001.08361, section 2.1); attention adds little at prompt lengths.
The edge share is read from the processor's energy counter (RAPL) where the system lets us, and is
otherwise processor time multiplied by a stated power per core.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from spsd_core.distillation import EnergyRecord

__all__ = ["EnergyAssumptions", "RaplCounter", "energy_record"]

_MICROJOULES_PER_MICROWATT_HOUR = 3600.0


class EnergyAssumptions(BaseModel):
    """Every constant that enters the energy figure. Put your own where you know better."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    cloud_parameters: float = Field(default=8.03e9, gt=0)
    """Parameters of the cloud model; default Llama-3.1-8B (Llama 3.1 model card)."""
    cloud_peak_flops: float = Field(default=989e12, gt=0)
    """Dense bf16 peak of the accelerator, operations/s; default H100 SXM (NVIDIA data sheet)."""
    cloud_utilisation: float = Field(default=0.4, gt=0, le=1)
    """Share of the peak reached during prefill; assumed, typical of batched serving."""
    cloud_power_w: float = Field(default=700.0, gt=0)
    """Power of the accelerator under load, watts; default H100 SXM TDP (NVIDIA data sheet)."""
    cloud_pue: float = Field(default=1.2, ge=1)
    """Power usage effectiveness of the data centre; assumed."""
    edge_power_per_core_w: float = Field(default=5.0, gt=0)
    """Power of one busy core here, watts, used where RAPL cannot be read; assumed."""

    @property
    def cloud_uwh_per_token(self) -> float:
        """Microwatt-hours of prefill per token.

        >>> round(EnergyAssumptions().cloud_uwh_per_token, 2)
        9.47
        """
        seconds = 2 * self.cloud_parameters / (self.cloud_peak_flops * self.cloud_utilisation)
        return seconds * self.cloud_power_w * self.cloud_pue / 3600 * 1e6


class RaplCounter:
    """The processor package's energy counter, where the operating system lets this process read it.

    It counts everything the package does, other programs included, so it is used only for calls
    that a local model dominates.
    """

    def __init__(self, root: Path = Path("/sys/class/powercap")) -> None:
        self._files = sorted(root.glob("intel-rapl:[0-9]/energy_uj"))
        self._ranges: list[int] = []
        try:
            for file in self._files:
                int(file.read_text())
                self._ranges.append(int((file.parent / "max_energy_range_uj").read_text()))
        except (OSError, ValueError):
            self._files = []

    @property
    def readable(self) -> bool:
        """Whether readings can be had."""
        return bool(self._files)

    def read(self) -> tuple[int, ...]:
        """The counters now, microjoules, one a package; empty where none is readable."""
        try:
            return tuple(int(file.read_text()) for file in self._files)
        except (OSError, ValueError):
            return ()

    def spent_uwh(self, before: tuple[int, ...], after: tuple[int, ...]) -> float | None:
        """Microwatt-hours between two readings, wrap-around included; None where unreadable."""
        if not before or len(before) != len(after):
            return None
        microjoules = sum(
            end - start if end >= start else end - start + size
            for start, end, size in zip(before, after, self._ranges)
        )
        return microjoules / _MICROJOULES_PER_MICROWATT_HOUR


@lru_cache(maxsize=1)
def system_rapl() -> RaplCounter:
    """The counter of this machine."""
    return RaplCounter()


def energy_record(
    assumptions: EnergyAssumptions,
    *,
    tokens_saved: int,
    core_seconds: float,
    rapl_uwh: float | None = None,
) -> EnergyRecord:
    """Put the figure together.

    Args:
        assumptions: the constants.
        tokens_saved: target tokens that are not sent.
        core_seconds: processor time spent here, core-seconds.
        rapl_uwh: the same work as read from the processor, where it was.
    """
    method: Literal["rapl", "cpu_time"] = "cpu_time" if rapl_uwh is None else "rapl"
    spent = (
        core_seconds * assumptions.edge_power_per_core_w / 3600 * 1e6
        if rapl_uwh is None
        else rapl_uwh
    )
    saved = tokens_saved * assumptions.cloud_uwh_per_token
    return EnergyRecord(
        cloud_saved_uwh=saved,
        edge_spent_uwh=spent,
        net_uwh=saved - spent,
        edge_method=method,
        assumptions=assumptions.model_dump(),
    )
