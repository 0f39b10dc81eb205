"""The `rewrite` engine in this process, through llama-cpp-python.

One model and one context serve all threads, one draft after another: a second context would halve
the cores each has. The model loads with the first draft; its fixed instruction is evaluated then
and kept. A process that is forked after that cannot use the engine (its drafts fail with
`EngineUnavailable`): start workers with the `spawn` method.

Deadlines and cancellation are seen before each evaluation, of at most 96 tokens. llama.cpp's own
abort callback is not used: it would take Python's interpreter lock hundreds of times a token.
"""

from __future__ import annotations

import contextlib
import importlib.util
import weakref
from collections.abc import Callable
from concurrent.futures import Future

from spsd_core.engines.protocol import Draft, DraftRequest
from spsd_core.engines.rewrite.local_model import LocalModel
from spsd_core.engines.rewrite.worker import DraftWorker
from spsd_core.exceptions import (
    ConfigurationError,
    DraftAbandoned,
    EngineUnavailable,
    ModelFileError,
)
from spsd_core.models.signature import Signature, file_signature
from spsd_core.reading import read
from spsd_core.settings import RewriteSettings, Settings

__all__ = ["LlamaCppEngine"]

_PACKAGES = ("llama_cpp", "jinja2", "numpy")
_PROBE = "Ready."


class LlamaCppEngine:
    """Lets a GGUF model in this process draft a shorter text.

    Built cheaply: libraries and the model load on first use, in a thread of the engine's own.

    Args:
        settings: `settings.rewrite` says which model.

    Raises:
        ConfigurationError: a package is missing, or the model is neither a known name nor a path.
    """

    name = "rewrite"

    def __init__(self, settings: Settings) -> None:
        from spsd_core.models import check_name

        missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
        if missing:
            raise ConfigurationError(
                f"rewrite.backend 'llama_cpp' needs {', '.join(missing)}: pip install 'spsd[slm]'"
            )
        check_name(settings.rewrite.model)
        self._settings = settings.rewrite
        self._closed = False
        self._worker = self._open_worker()

    def _open_worker(self) -> DraftWorker:
        # The loader must not know the engine, or the thread would keep it alive.
        worker = DraftWorker(_Loader(self._settings).load)
        weakref.finalize(self, worker.close)
        return worker

    def submit(self, request: DraftRequest) -> Future[Draft | None]:
        """Queue the text for drafting; returns at once. See `Engine.submit`."""
        if self._worker.inherited and not self._closed:
            self._worker = self._open_worker()
        return self._worker.put(request)

    def load(self) -> None:
        """Load the model and evaluate its fixed instruction now, not with the first draft.

        Raises:
            EngineUnavailable: there is no usable model; says what to do.
        """
        probe = DraftRequest(
            text=_PROBE, reading=read(_PROBE), level="light", token_budget=1, count_tokens=len
        )
        with contextlib.suppress(DraftAbandoned):  # one token is enough, and is all it may write
            self.submit(probe).result()

    def close(self) -> None:
        """Fail what runs or waits, free the model, end the thread. May be called twice."""
        self._closed = True
        self._worker.close()

    @property
    def prefix_evaluations(self) -> int:
        """How often the fixed instruction was evaluated: 0 before the first draft, then 1."""
        model = self._worker.model
        return model.prefix_evaluations if model else 0


class _Loader:
    """Loads the model once, and remembers a failure until the file changes."""

    def __init__(self, settings: RewriteSettings) -> None:
        self._settings = settings
        self._model: LocalModel | None = None
        self._failure: tuple[Signature, str] | None = None

    def load(self, between_steps: Callable[[], None]) -> LocalModel:
        """The model.

        Args:
            between_steps: runs now and then while a model loads.

        Raises:
            EngineUnavailable: there is no usable model; says what to do.
        """
        if self._model is not None:
            return self._model
        from spsd_core.models import locate, resolve

        signature = file_signature(resolve(self._settings.model)[0])
        if self._failure is not None and self._failure[0] == signature:
            raise EngineUnavailable(self._failure[1])
        try:
            path = locate(self._settings.model)
            self._model = LocalModel(path, self._settings, between_steps)
        except (ModelFileError, EngineUnavailable) as error:
            self._failure = (signature, str(error))
            raise EngineUnavailable(str(error)) from error
        return self._model
