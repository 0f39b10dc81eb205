"""The weighted mean of checkpoints: python -m training.soup FILE FILE ... --out FILE.

Checkpoints of one course of training lie in one basin, and their mean is often better than any
(Wortsman et al. 2022, "Model soups").
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

__all__ = ["main", "mean_of"]


def mean_of(
    states: Sequence[dict[str, torch.Tensor]], shares: Sequence[float]
) -> dict[str, torch.Tensor]:
    """The mean of some states; `shares`, one for each, count in proportion to one another."""
    first = states[0]
    return {
        name: sum(share * state[name] for share, state in zip(shares, states, strict=True))
        / sum(shares)
        if tensor.is_floating_point()
        else tensor
        for name, tensor in first.items()
    }


def main() -> None:
    """Read them, write the mean."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("--shares", type=float, nargs="+", help="one for each; else all alike")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    shares = args.shares or [1.0] * len(args.checkpoints)
    if len(shares) != len(args.checkpoints) or min(shares) <= 0:
        raise SystemExit("--shares: give one share above 0 for each checkpoint")
    loaded = [torch.load(path, weights_only=True) for path in args.checkpoints]
    if any(one["config"] != loaded[0]["config"] for one in loaded):
        raise SystemExit("the checkpoints are of models of different shape")
    state = mean_of([one["state"] for one in loaded], shares)
    torch.save({"config": loaded[0]["config"], "state": state}, args.out)


if __name__ == "__main__":
    main()
