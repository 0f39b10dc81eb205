"""Exports a trained Reader: python -m training.export reader.pt --base FOLDER --out FOLDER.

Writes `reader.onnx` (int8), `tokenizer.json` and `reader.json` (labels, calibration, sha256), and
says how far int8 is from the original.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from tokenizers import Tokenizer
from torch import Tensor, nn

from training.markup import AFFECTS, DOMAINS, ROLES
from training.model import Reader

__all__ = ["main"]

_OUTPUTS = ("roles", "domains", "affects", "vectors", "pieces")
UNCALIBRATED: dict[str, Any] = {
    "temperatures": {"roles": 1.0, "domains": 1.0, "affects": 1.0},
    "thresholds": {"critical": 0.5},
}
_PROBE = "Hi there! Could you please tell me how to sort a list of 10 names? Thanks a lot!"


class _Chances(nn.Module):
    """The Reader with probabilities for scores, at the temperatures that calibrate them."""

    def __init__(self, reader: Reader, temperatures: dict[str, float]) -> None:
        super().__init__()
        self.reader = reader
        self.temperatures = temperatures

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        found = self.reader(ids, mask)
        scale = self.temperatures
        return (
            torch.softmax(found.roles / scale["roles"], dim=-1),
            torch.softmax(found.domains / scale["domains"], dim=-1),
            torch.softmax(found.affects / scale["affects"], dim=-1),
            found.vectors,
            found.pieces,
        )


def export(
    reader: Reader, tokenizer: Path, folder: Path, calibration: dict[str, Any]
) -> dict[str, Any]:
    """Write the files into `folder`; gives what `reader.json` holds."""
    folder.mkdir(parents=True, exist_ok=True)
    chances = _Chances(reader.eval(), calibration["temperatures"]).eval()
    example = torch.ones(2, 12, dtype=torch.long)
    axes = {0: "texts", 1: "pieces"}
    with tempfile.TemporaryDirectory() as scratch:
        plain, ready = Path(scratch) / "plain.onnx", Path(scratch) / "ready.onnx"
        torch.onnx.export(
            chances,
            (example, example),
            plain,
            input_names=["ids", "mask"],
            output_names=list(_OUTPUTS),
            dynamic_axes={
                "ids": axes,
                "mask": axes,
                "roles": axes,
                "pieces": axes,
                **{name: {0: "texts"} for name in ("domains", "affects", "vectors")},
            },
            opset_version=17,
            dynamo=False,
        )
        quant_pre_process(plain, ready, skip_symbolic_shape=True)
        quantize_dynamic(  # 7 bits of 8: processors without VNNI add two products in 16 bits
            ready,
            folder / "reader.onnx",
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
        )
        print(f"int8 differs by at most {_difference(plain, folder, tokenizer):.3f} in a chance")
    shutil.copyfile(tokenizer, folder / "tokenizer.json")
    card = {
        "roles": list(ROLES.values()),
        "domains": list(DOMAINS),
        "affects": list(AFFECTS),
        **calibration,
        "sha256": {
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
            for name in ("reader.onnx", "tokenizer.json")
        },
    }
    (folder / "reader.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return card


def _difference(plain: Path, folder: Path, tokenizer: Path) -> float:
    encoding = Tokenizer.from_file(str(tokenizer)).encode(_PROBE)
    feed = {
        "ids": np.array([encoding.ids], dtype=np.int64),
        "mask": np.ones((1, len(encoding.ids)), dtype=np.int64),
    }
    found = [
        onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, feed)
        for path in (plain, folder / "reader.onnx")
    ]
    return max(float(np.abs(a - b).max()) for a, b in zip(found[0][:3], found[1][:3]))


def main() -> None:
    """Export a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--calibration", type=Path, help="JSON of training.calibrate")
    args = parser.parse_args()
    calibration = json.loads(args.calibration.read_text()) if args.calibration else UNCALIBRATED
    reader = Reader.from_checkpoint(args.checkpoint)
    export(reader, args.base / "tokenizer.json", args.out, calibration)
    for path in sorted(args.out.iterdir()):
        print(f"{path.name:20} {path.stat().st_size:>12,} bytes")


if __name__ == "__main__":
    main()
