"""How llama.cpp's threads should wait: spinning or sleeping, on an idle and on a busy machine.

    python -m benchmarks.wait_policy [--model NAME_OR_PATH]

Prints the seconds it takes to load a model and evaluate the fixed instruction of `rewrite`, each
in a process of its own; "busy" means that as many other processes compute as the
machine has cores.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

LOAD = """
import sys
from spsd_core import Distiller, RewriteSettings, Settings
Distiller(Settings(engines=("rewrite",), rewrite=RewriteSettings(model=sys.argv[1]))).load()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="smollm2-135m")
    model = parser.parse_args().model
    _seconds(model, "passive")  # the file is in the page cache from here on
    for busy in (False, True):
        rivals = [
            subprocess.Popen([sys.executable, "-c", "while True: pass"])
            for _ in range(os.cpu_count() or 1 if busy else 0)
        ]
        try:
            sleeping, spinning = _seconds(model, "passive"), _seconds(model, "active")
        finally:
            for rival in rivals:
                rival.kill()
                rival.wait()
        machine = "busy" if busy else "idle"
        print(
            f"{machine}: sleeping {sleeping:.1f} s, spinning {spinning:.1f} s "
            f"({spinning / sleeping:.2f} times as long)"
        )


def _seconds(model: str, policy: str) -> float:
    began = time.perf_counter()
    environment = {**os.environ, "OMP_WAIT_POLICY": policy}
    subprocess.run([sys.executable, "-c", LOAD, model], env=environment, check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
