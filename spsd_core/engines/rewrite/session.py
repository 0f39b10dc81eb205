"""One GGUF model and one context of llama.cpp, by its C interface. For one thread at a time."""

from __future__ import annotations

import ctypes
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spsd_core.engines.rewrite.logs import captured_logs
from spsd_core.exceptions import EngineFailed, EngineUnavailable
from spsd_core.llama_runtime import load_llama_cpp

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["EVALUATION_CHUNK", "LARGEST_EVALUATION", "LlamaSession"]

EVALUATION_CHUNK = 64
"""Tokens of a prompt evaluated in one go. Fixed, so that the same prompt gives the same bits;
small, so that a deadline or a cancellation is seen soon."""
LARGEST_EVALUATION = 96
"""Most tokens in one go: a chunk and a short rest."""

_first_process: int | None = None
"""The process that used llama.cpp first; the threads it computes with do not survive a fork."""


class LlamaSession:
    """A loaded model with an empty context.

    Args:
        path: a GGUF file.
        context_tokens: size of the context; the model's training length where that is less.
        threads: threads that compute.
        most_outputs: most tokens of one evaluation whose successors are asked for.

    Raises:
        EngineUnavailable: llama.cpp refuses the file (the message holds its reason), or has been
            used before this process was forked.
    """

    def __init__(
        self, path: Path, *, context_tokens: int, threads: int, most_outputs: int = 1
    ) -> None:
        llama_cpp = load_llama_cpp()
        _refuse_after_fork()
        self._api: Any = llama_cpp
        self._model: Any = None
        self._context: Any = None
        self._batch: Any = None
        self.threads = threads
        self.length: int = 0
        """Tokens in the context."""
        with captured_logs() as errors:
            llama_cpp.llama_backend_init()
            self._load(path)
            if self._model:
                self._open_context(context_tokens, most_outputs)
        if not self._context:
            self.free()
            why = errors[0] if errors else "no reason given"
            raise EngineUnavailable(f"llama.cpp cannot load {path.name}: {why}")
        self._memory: Any = llama_cpp.llama_get_memory(self._context)
        self._batch = llama_cpp.llama_batch_init(LARGEST_EVALUATION, 0, 1)
        self._describe()

    def _describe(self) -> None:
        api = self._api
        self._vocab: Any = api.llama_model_get_vocab(self._model)
        self._row: Any = ctypes.c_float * api.llama_vocab_n_tokens(self._vocab)
        self.context_tokens: int = api.llama_n_ctx(self._context)
        self.can_truncate: bool = not (
            api.llama_model_is_recurrent(self._model) or api.llama_model_is_hybrid(self._model)
        )
        """Whether single tokens can be taken back; recurrent models only restore a saved state."""

    def _load(self, path: Path) -> None:
        parameters = self._api.llama_model_default_params()
        # Weights stay as they lie in the file: they are shared with other processes through the
        # page cache, load at once, and batches round like single tokens (see `exact_width`).
        parameters.use_extra_bufts = False
        self._model = self._api.llama_model_load_from_file(os.fsencode(path), parameters)

    def _context_parameters(self, context_tokens: int, most_outputs: int) -> Any:
        trained = self._api.llama_model_n_ctx_train(self._model)
        parameters = self._api.llama_context_default_params()
        parameters.n_ctx = min(context_tokens, trained) if trained > 0 else context_tokens
        parameters.n_batch = parameters.n_ubatch = LARGEST_EVALUATION
        parameters.n_outputs_max = most_outputs
        parameters.n_threads = parameters.n_threads_batch = self.threads
        parameters.no_perf = True
        return parameters

    def _open_context(self, context_tokens: int, most_outputs: int) -> None:
        parameters = self._context_parameters(context_tokens, most_outputs)
        # With 8-bit keys and values llama.cpp attends to one token as it does to several; with
        # 16-bit ones it splits the work of a lone token by threads, which rounds differently.
        parameters.flash_attn_type = self._api.LLAMA_FLASH_ATTN_TYPE_ENABLED
        parameters.type_k = parameters.type_v = self._api.GGML_TYPE_Q8_0
        self._context = self._api.llama_init_from_model(self._model, parameters)
        if not self._context:  # a head size or an attention it cannot store so
            defaults = self._api.llama_context_default_params()
            parameters.flash_attn_type = defaults.flash_attn_type
            parameters.type_k, parameters.type_v = defaults.type_k, defaults.type_v
            self._context = self._api.llama_init_from_model(self._model, parameters)

    def free(self) -> None:
        """Give the memory back. May be called twice."""
        with captured_logs():
            if self._context:
                if self._batch is not None:
                    self._api.llama_batch_free(self._batch)
                self._api.llama_free(self._context)
                self._context = None
            if self._model:
                self._api.llama_model_free(self._model)
                self._model = None

    # -- vocabulary ---------------------------------------------------------------------------

    def tokenize(self, text: str, *, parse_special: bool) -> list[int]:
        """Token ids of `text`, without a beginning-of-text token.

        Args:
            text: must be encodable as UTF-8.
            parse_special: whether markers such as `<|im_end|>` become special tokens. Never true
                for text that a user wrote.
        """
        raw = text.encode("utf-8")
        size = len(raw) + 8
        ids = (ctypes.c_int32 * size)()
        count = self._api.llama_tokenize(
            self._vocab, raw, len(raw), ids, size, False, parse_special
        )
        if count < 0:
            raise EngineFailed("llama.cpp could not tokenise the text")
        return list(ids[:count])

    def piece(self, token: int) -> bytes:
        """The bytes a token stands for; empty for special tokens."""
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            count = self._api.llama_token_to_piece(self._vocab, token, buffer, size, 0, False)
            if count >= 0:
                return buffer.raw[:count]
            size = -count

    def ends_turn(self, token: int) -> bool:
        """Whether the model is done: end of generation, or a marker that opens another turn."""
        return bool(
            self._api.llama_vocab_is_eog(self._vocab, token)
            or self._api.llama_vocab_is_control(self._vocab, token)
        )

    def is_special(self, token: int) -> bool:
        """Whether a token is a control token rather than text."""
        return bool(self._api.llama_vocab_is_control(self._vocab, token))

    def special_text(self, which: str) -> str:
        """Text of the `bos` or `eos` token; empty where the model has none."""
        token = getattr(self._api, f"llama_vocab_{which}")(self._vocab)
        raw = self._api.llama_vocab_get_text(self._vocab, token) if token >= 0 else None
        return raw.decode("utf-8", "replace") if raw else ""

    @property
    def adds_bos(self) -> bool:
        """Whether the model expects a beginning-of-text token."""
        return bool(self._api.llama_vocab_get_add_bos(self._vocab))

    @property
    def chat_template(self) -> str | None:
        """The Jinja template in the model file."""
        raw = self._api.llama_model_chat_template(self._model, None)
        return raw.decode("utf-8", "replace") if raw else None

    # -- computing ----------------------------------------------------------------------------

    def evaluate(self, tokens: Sequence[int], *, outputs: int = 1) -> None:
        """Append at most `LARGEST_EVALUATION` tokens to the context.

        Args:
            tokens: what to append.
            outputs: of how many of the last ones `best` will be asked.

        Raises:
            EngineFailed: llama.cpp broke; the context is cut back to its former length.
        """
        batch, start, count = self._batch, self.length, len(tokens)
        batch.n_tokens = count
        for index, token in enumerate(tokens):
            batch.token[index] = token
            batch.pos[index] = start + index
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = 0
            batch.logits[index] = index >= count - outputs
        with captured_logs() as errors:
            status = self._api.llama_decode(self._context, batch)
        if status != 0:
            why = errors[0] if errors else f"status {status}"
            raise EngineFailed(f"llama.cpp could not evaluate {count} tokens: {why}")
        self.length = start + count

    def logits(self, index: int) -> NDArray[np.float32]:
        """What the model gives for the successor of one token of the last evaluation.

        A view of llama.cpp's memory, valid until the next evaluation.

        Args:
            index: which token; -1 for the last one.
        """
        import numpy as np

        pointer = self._api.llama_get_logits_ith(self._context, index)
        if not pointer:
            raise EngineFailed("llama.cpp gave no logits")
        row = self._row.from_address(ctypes.addressof(pointer.contents))
        return np.frombuffer(row, dtype=np.float32)

    def best(self, index: int) -> int:
        """The most likely successor of one token of the last evaluation; see `logits`.

        Raises:
            EngineFailed: the logits are not numbers.
        """
        row = self.logits(index)
        token = int(row.argmax())
        if math.isnan(row[token]):
            raise EngineFailed("the model computes NaN; its file is damaged or of an unknown kind")
        return token

    def truncate(self, length: int) -> bool:
        """Keep the first `length` tokens; False where this kind of model cannot."""
        if length >= self.length:
            return True
        if not self._api.llama_memory_seq_rm(self._memory, 0, length, -1):
            return False
        self.length = length
        return True

    def save(self) -> bytes:
        """A copy of the context's state, for models that cannot truncate."""
        size = self._api.llama_state_seq_get_size(self._context, 0)
        buffer = (ctypes.c_uint8 * size)()
        written = self._api.llama_state_seq_get_data(self._context, buffer, size, 0)
        return bytes(buffer[:written])

    def restore(self, state: bytes, length: int) -> None:
        """Put back a state from `save` that held `length` tokens.

        Raises:
            EngineFailed: llama.cpp refuses the state.
        """
        self._api.llama_memory_clear(self._memory, True)
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        if not self._api.llama_state_seq_set_data(self._context, buffer, len(state), 0):
            raise EngineFailed("llama.cpp could not restore the state of the prefix")
        self.length = length

    def clear(self) -> None:
        """Empty the context."""
        self._api.llama_memory_clear(self._memory, True)
        self.length = 0


def _refuse_after_fork() -> None:
    global _first_process
    if _first_process is None:
        _first_process = os.getpid()
    elif _first_process != os.getpid():
        raise EngineUnavailable(
            "llama.cpp cannot compute in a process forked from one that used it: "
            "start worker processes with the 'spawn' method, or use the model only in them"
        )
