"""Which chat model the demo talks to: yours, a GGUF on loopback, or the recorder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from spsd_core.exceptions import ConfigurationError, ModelFileError
from spsd_demo.stand_in import Endpoint, gguf_answers, recorder_answers, serve

__all__ = ["open_endpoint"]


@contextmanager
def open_endpoint(
    stand_in: str, model: str, say: Callable[[str], None] = print
) -> Iterator[Endpoint]:
    """The endpoint named by the environment, or else a stand-in on this machine.

    Args:
        stand_in: `auto`, `recorder` or `gguf`; looked at only where SPSD_BASE_URL is not set.
        model: catalogue name or path of the GGUF.
        say: gets a line where something takes time or was replaced.

    Raises:
        ConfigurationError: SPSD_BASE_URL is set and SPSD_MODEL is not, or `gguf` cannot be had.
    """
    base_url = os.environ.get("SPSD_BASE_URL")
    if base_url:
        name = os.environ.get("SPSD_MODEL")
        if not name:
            raise ConfigurationError("SPSD_BASE_URL is set: set SPSD_MODEL to the model's name too")
        key = os.environ.get("SPSD_API_KEY", "none")
        yield Endpoint(base_url, key, name, f"{name} at {base_url}")
        return
    path = None if stand_in == "recorder" else _gguf(stand_in, model, say)
    if path is not None:
        description = f"a local stand-in for the cloud: {model} on this machine's loopback"
        with serve(gguf_answers(path), model, description) as endpoint:
            yield endpoint
        return
    description = (
        "a loopback recorder: no model answers; it counts exactly what a cloud model would have "
        "been sent"
    )
    with serve(recorder_answers(), "recorder", description) as endpoint:
        yield endpoint


def _gguf(stand_in: str, model: str, say: Callable[[str], None]) -> str | None:
    """Path of the GGUF, fetched if need be; None where it cannot be had and need not be."""
    if find_spec("llama_cpp") is None:
        if stand_in == "gguf":
            raise ConfigurationError("--stand-in gguf needs: pip install 'spsd[slm]'")
        return None
    from spsd_core import models

    try:
        try:
            return str(models.locate(model))
        except ModelFileError:
            say(f"fetching {model} once, as a stand-in for the cloud model ...")
            return str(models.pull(model))
    except ModelFileError as error:
        if stand_in == "gguf":
            raise
        say(f"no GGUF to be had ({error}); using the recorder")
        return None
