"""The weighted mean of two checkpoints: python -m training.soup FIRST SECOND --share S --out FILE.

Checkpoints of one course of training lie in one basin, and their mean is often better than either
(Wortsman et al. 2022, "Model soups").
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

__all__ = ["main", "mean_of"]


def mean_of(
    first: dict[str, torch.Tensor], second: dict[str, torch.Tensor], share: float
) -> dict[str, torch.Tensor]:
    """The mean of two states; `share`, 0 to 1, is the weight of the second."""
    return {
        name: torch.lerp(tensor, second[name], share) if tensor.is_floating_point() else tensor
        for name, tensor in first.items()
    }


def main() -> None:
    """Read both, write the mean."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--share", type=float, default=0.65, help="weight of the second")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    first, second = (torch.load(path, weights_only=True) for path in (args.first, args.second))
    if first["config"] != second["config"]:
        raise SystemExit("the two checkpoints are of models of different shape")
    state = mean_of(first["state"], second["state"], args.share)
    torch.save({"config": first["config"], "state": state}, args.out)


if __name__ == "__main__":
    main()
