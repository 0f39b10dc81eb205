"""What `config["configurable"]` may hold for one call. It can only make a call more careful."""

from __future__ import annotations

from langchain_core.runnables import ConfigurableFieldSpec, RunnableConfig

from spsd_core.exceptions import ConfigurationError
from spsd_core.observers import Call, Observer
from spsd_core.settings import Overrides

__all__ = ["careful_policies", "configurable_fields"]

_ENABLED_KEY = "spsd_enabled"
_LEVEL_KEY = "spsd_level"


class _ConfiguredPolicy(Observer):
    """What `config["configurable"]` asks for, as a policy."""

    def __init__(self, overrides: Overrides) -> None:
        self._overrides = overrides

    def spsd_policy(self, call: Call) -> Overrides:  # noqa: ARG002
        return self._overrides


_SWITCHED_OFF = _ConfiguredPolicy(Overrides(enabled=False))
_LIGHT = _ConfiguredPolicy(Overrides(level="light"))


def careful_policies(config: RunnableConfig) -> tuple[Observer, ...]:
    """Policies for the call's own configuration, which may come from the network.

    Raises:
        ConfigurationError: a value is not one SPSD knows.
    """
    configurable = config.get("configurable") or {}
    enabled = configurable.get(_ENABLED_KEY)
    level = configurable.get(_LEVEL_KEY)
    if not isinstance(enabled, bool | None):
        raise ConfigurationError(f"configurable {_ENABLED_KEY} must be True or False")
    if level not in (None, "light", "dense"):
        raise ConfigurationError(f"configurable {_LEVEL_KEY} must be 'light' or 'dense'")
    return (
        *((_SWITCHED_OFF,) if enabled is False else ()),
        *((_LIGHT,) if level == "light" else ()),
    )


def configurable_fields() -> list[ConfigurableFieldSpec]:
    """The keys, as LangChain describes them.

    They are the same for all steps of a chain, or else LangChain refuses it.
    """
    return [
        ConfigurableFieldSpec(
            id=_ENABLED_KEY,
            annotation=bool,
            name="Distil prompts",
            description="False sends the original prompt.",
            default=True,
        ),
        ConfigurableFieldSpec(
            id=_LEVEL_KEY,
            annotation=str | None,
            name="Distillation level",
            description="'light' also where the settings say 'dense'; never the reverse.",
            default=None,
        ),
    ]
