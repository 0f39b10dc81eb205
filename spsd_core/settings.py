"""What a user can set. Every group is frozen and validated when built; nothing is loaded here."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from spsd_core.energy import EnergyAssumptions

__all__ = [
    "DOMAINS",
    "AdmissionSettings",
    "ChatSettings",
    "ContextSettings",
    "Domain",
    "ExtractSettings",
    "Level",
    "Overrides",
    "PerplexitySettings",
    "RewriteSettings",
    "Role",
    "SafetySettings",
    "Settings",
    "SplitSettings",
    "TargetSettings",
    "VerifierSettings",
]

Level = Literal["light", "dense"]
Role = Literal["system", "user", "assistant", "tool"]
Domain = Literal[
    "medical",
    "medication",
    "crisis",
    "abuse",
    "legal",
    "financial",
    "emergency",
    "child_safety",
    "harmful",
]
DOMAINS: tuple[Domain, ...] = (
    "medical",
    "medication",
    "crisis",
    "abuse",
    "legal",
    "financial",
    "emergency",
    "child_safety",
    "harmful",
)


def _plain(value: object) -> object:
    """JSON types for sets (in order, which a set has not of itself) and for secrets (masked)."""
    return sorted(value) if isinstance(value, frozenset) else str(value)


class _Group(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, validate_default=True
    )


class AdmissionSettings(_Group):
    """Which texts are worth reading at all."""

    min_words: int = Field(default=6, ge=1)
    """Shorter texts pass through (`too_short`)."""
    max_chars: int = Field(default=2_000_000, ge=1)
    """Longer texts pass through (`too_long`). Cost is linear in the length."""
    max_code_share: float = Field(default=0.6, gt=0, le=1)
    """Texts with a larger share of code or data characters pass through (`mostly_code`)."""


class SafetySettings(_Group):
    """The gate that lets safety-critical text pass through untouched."""

    rule_files: tuple[Path, ...] = ()
    """Rule files of your own, read beside the shipped ones: more rules, domains, allow-lists."""
    open_domains: frozenset[str] = frozenset()
    """Domains whose texts may be distilled. Empty by default; each one added is a risk taken."""
    allow_gate_override: bool = False
    """Whether a policy may open domains for a call. False: a policy can only close more."""

    @model_validator(mode="after")
    def _domains_exist(self) -> SafetySettings:
        unknown = sorted(self.open_domains - set(DOMAINS))
        if unknown and not self.rule_files:  # those of rule files are known when these are read
            raise ValueError(
                f"safety.open_domains: there is no domain {unknown[0]!r}; "
                f"there are {', '.join(DOMAINS)}, and those of your own rule_files"
            )
        return self


class VerifierSettings(_Group):
    """What every draft is held against."""

    protected_terms: tuple[str, ...] = ()
    """Words or phrases of your business that must survive (product names, error texts)."""
    repair: bool = True
    """Whether a rewrite that lost something may get the clause that held it back, verbatim."""

    @field_validator("protected_terms")
    @classmethod
    def _no_blank_terms(cls, terms: tuple[str, ...]) -> tuple[str, ...]:
        if any(not term.strip() for term in terms):
            raise ValueError("a protected term is blank; remove it")
        return terms


class ExtractSettings(_Group):
    """The `extract` engine: deletes what the Reader calls scaffold (`dense`: and redundant)."""

    confidence: float | None = Field(default=None, ge=0.5, le=0.999)
    """How sure the Reader must be of what goes, on average over its words; None: as calibrated.
    Lower takes more and errs more."""
    target_ratio: float | None = Field(default=None, gt=0, lt=1)
    """Stop when this share of the text is left: the surest deletions are made first. None: all
    that are sure enough. What is not sure enough stays, whatever the ratio."""


class RewriteSettings(_Group):
    """The `rewrite` engine: a local instruction-tuned model drafts a shorter text."""

    backend: Literal["llama_cpp", "openai_compatible"] = "llama_cpp"
    """In this process through llama-cpp-python, or any OpenAI-compatible server."""
    model: str = "gemma-2-2b-it"
    """llama_cpp: a name from `spsd models list` or a GGUF file's path. Server: its model name."""
    base_url: str | None = None
    """openai_compatible: the server, for example `http://127.0.0.1:8080/v1`."""
    api_key: SecretStr | None = None
    """openai_compatible: the key, where the server wants one."""
    context_tokens: int = Field(default=4096, ge=512)
    """Size of the local model's context. Texts that do not fit get no rewrite."""
    threads: int | None = Field(default=None, ge=1)
    """Threads of the local model; default: the cores this process may use."""
    lookup_tokens: int = Field(default=8, ge=0, le=64)
    """Longest run guessed from the original and verified in one batch; 0 turns guessing off."""
    min_saving_share: float = Field(default=0.1, ge=0, lt=1)
    """A rewrite must save this share of the text's target tokens; decoding stops when it cannot."""
    min_narrative_words: int = Field(default=40, ge=0)
    """Beside `extract`: asked only where the Reader calls this many words left context or
    redundant; a shorter story is not worth the time of a model. 0: always."""
    request_timeout_s: float = Field(default=10.0, gt=0)
    """openai_compatible: longest wait for one attempt, seconds."""
    max_retries: int = Field(default=1, ge=0)
    """openai_compatible: further attempts after a connection error, 429 or 5xx."""
    max_concurrency: int = Field(default=8, ge=1)
    """openai_compatible: requests in flight at once; the rest queue."""

    @model_validator(mode="after")
    def _server_needs_url(self) -> RewriteSettings:
        if self.backend == "openai_compatible" and not self.base_url:
            raise ValueError(
                "rewrite.base_url is missing: backend 'openai_compatible' needs the server's "
                "address, for example 'http://127.0.0.1:8080/v1'"
            )
        if self.backend == "llama_cpp" and self.base_url:
            raise ValueError(
                "rewrite.base_url is set but backend is 'llama_cpp': "
                "set rewrite.backend='openai_compatible' or remove the address"
            )
        return self


class TargetSettings(_Group):
    """The cloud model whose tokens are paid for."""

    tokenizer: str = "auto"
    """`auto` (Llama-3 where the `llama3` extra is installed, else an estimate), `llama3`,
    `estimate`, `gguf:PATH`, `tiktoken:NAME`, or `hf:PATH` of a tokenizer.json."""
    template: Literal["llama3", "none"] = "llama3"
    """Chat template that wraps each message; `none` counts the bare text."""


class ChatSettings(_Group):
    """How lists of messages are treated."""

    distil_roles: frozenset[Role] = frozenset({"user"})
    """Roles whose messages may be shortened."""
    gate_roles: frozenset[Role] = frozenset({"system", "user", "assistant", "tool"})
    """Roles whose messages the safety gate reads."""
    critical_window: int | None = Field(default=None, ge=0)
    """How many earlier messages keep the gate closed for a later one; None: all, 0: none."""


class PerplexitySettings(_Group):
    """The `perplexity` engine of a context distiller: LLMLingua's way over a causal model."""

    model: str = "smollm2-135m"
    """A name from `spsd models list` or a GGUF file's path."""
    segment_tokens: int = Field(default=200, ge=16)
    """Tokens of the local model that are pruned with one threshold (LLMLingua's iterations)."""
    context_tokens: int = Field(default=2048, ge=256)
    """Size of the local model's context."""
    question_tokens: int = Field(default=256, ge=1)
    """A longer question is cut to its last so many tokens before it conditions the ranking."""
    sentence_level: bool = True
    """Whether whole sentences are dropped before single tokens (LongLLMLingua's coarse step)."""
    force_tokens: tuple[str, ...] = ("\n", "?")
    """Tokens, as text, that are never dropped."""
    force_digits: bool = True
    """Whether tokens that hold a digit are never dropped."""
    threads: int | None = Field(default=None, ge=1)
    """Threads of the local model; default: the cores this process may use."""


class ContextSettings(_Group):
    """How retrieved passages are shortened against the question."""

    engine: Literal["sentences", "perplexity"] = "sentences"
    """Keeps whole sentences by the Reader's vectors, or prunes tokens by a causal model's
    surprise."""
    confidence: float = Field(default=0.99, ge=0.5, le=0.999)
    """Where no budget is given: keep sentences until the answer is among them with this chance, as
    calibrated on questions about encyclopedia paragraphs."""
    rate: float | None = Field(default=None, gt=0, lt=1)
    """Share of the tokens to keep, for calls that name no budget of their own. None: `confidence`
    (`perplexity`, which knows no confidence, keeps half)."""
    drop_passages: bool | None = None
    """Whether a passage may be emptied. None: where the call names a ratio or a number of tokens;
    else each passage keeps a sentence."""
    min_tokens: int = Field(default=100, ge=1)
    """Passages of fewer target tokens altogether pass through (`too_short`)."""
    store: Path | None = None
    """SQLite file that keeps sentence vectors between processes. None: in memory only."""
    memory_passages: int = Field(default=4096, ge=0)
    """Passages whose vectors are kept in memory, about 3 kB a sentence."""
    perplexity: PerplexitySettings = PerplexitySettings()


class SplitSettings(_Group):
    """Mode `split`: which conversations get distilled texts."""

    share: float = Field(default=0.5, ge=0, le=1)
    """Share of the conversations whose texts are distilled."""
    keys: tuple[str, ...] = Field(
        default=("conversation_id", "thread_id", "session_id", "user_id"), min_length=1
    )
    """Where the id is in the metadata of a call; the first that is there counts. A call without any
    gets the original."""
    salt: str = ""
    """Change it to draw another share of the same ids, for the next experiment."""


class Settings(_Group):
    """All settings of a `Distiller`."""

    mode: Literal["on", "shadow", "split"] = "on"
    """`shadow`: distil and record, but send the original. `split`: do so for a stable share of the
    conversations, and send the distilled text in the others."""
    level: Level = "light"
    """`light` removes courtesy; `dense` also repetition and what cannot change the answer."""
    engines: tuple[str, ...] = Field(default=("extract",), min_length=1)
    """May draft: `extract`, `lexical`, `rewrite`, or `package.module:factory` of your own."""
    deadline_ms: float | None = Field(default=10_000.0, gt=0)
    """Longest wait for each text of a call, milliseconds; then the best verified draft, or the
    original."""
    min_saving_tokens: int = Field(default=1, ge=1)
    """A draft that saves fewer target tokens is not sent (`no_saving`)."""
    memo_entries: int = Field(default=4096, ge=0)
    """Results remembered per distiller, so that a repeated text keeps its bytes; 0 turns it off."""
    admission: AdmissionSettings = AdmissionSettings()
    safety: SafetySettings = SafetySettings()
    verifier: VerifierSettings = VerifierSettings()
    extract: ExtractSettings = ExtractSettings()
    rewrite: RewriteSettings = RewriteSettings()
    target: TargetSettings = TargetSettings()
    chat: ChatSettings = ChatSettings()
    context: ContextSettings = ContextSettings()
    split: SplitSettings = SplitSettings()
    energy: EnergyAssumptions = EnergyAssumptions()

    def fingerprint(self) -> str:
        """First 12 hex digits of the sha256 of these settings, the same in every process.

        What stands in rule files enters; secrets do not.
        """
        plain = json.dumps(self.model_dump(), default=_plain, sort_keys=True)
        digest = hashlib.sha256(plain.encode())
        for path in self.safety.rule_files:
            digest.update(path.read_bytes() if path.is_file() else b"")
        return digest.hexdigest()[:12]

    @classmethod
    def from_file(cls, path: str | Path) -> Settings:
        """Read settings from a JSON or YAML file.

        Raises:
            ConfigurationError: the file is missing or not a mapping; the message names it.
            pydantic.ValidationError: a setting is wrong; the message names it.
        """
        import yaml

        from spsd_core.exceptions import ConfigurationError

        try:
            loaded = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise ConfigurationError(f"cannot read settings file {path}: {error}") from error
        if not isinstance(loaded, dict):
            raise ConfigurationError(f"settings file {path} must hold a mapping of settings")
        return cls.model_validate(loaded)


class Overrides(_Group):
    """What a policy may change for one call. None leaves a setting as it is.

    Where several policies answer, the more careful answer wins: off over on, `light` over
    `dense`, the shorter deadline, the smaller set of engines, the union of closed domains.
    """

    enabled: bool | None = None
    """False: send the original (`disabled`)."""
    level: Level | None = None
    engines: tuple[str, ...] | None = None
    """A subset of the engines the distiller was built with."""
    deadline_ms: float | None = Field(default=None, gt=0)
    close_domains: frozenset[str] = frozenset()
    """Domains to gate although the settings opened them."""
    open_domains: frozenset[str] = frozenset()
    """Domains to open; refused unless `safety.allow_gate_override` is set."""
