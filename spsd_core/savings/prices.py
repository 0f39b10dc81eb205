"""What a model's input tokens cost: a YAML file that the user edits.

A file looks like this (`prices.yaml` beside this module has the same form, with example figures)::

    currency: USD                          # three capital letters
    models:
      the-model's-name:
        input_per_million: 0.10            # per million input tokens
        cached_input_per_million: 0.05     # the same read from the provider's prompt cache
        date: 2026-11-02                   # when the price was looked up
        source: the provider's price page  # and where
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from spsd_core.exceptions import ConfigurationError
from spsd_core.savings.counts import EXACT

__all__ = ["EXAMPLE_PRICES", "Price", "PriceTable"]

EXAMPLE_PRICES = Path(__file__).with_name("prices.yaml")
"""A price file to copy and edit. Its figures are examples, no provider's prices."""

_PER_MILLION = Decimal("0.000001")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Price(_Frozen):
    """What one model's input tokens cost."""

    input_per_million: Decimal = Field(ge=0, max_digits=24, decimal_places=12)
    """Price of a million input tokens."""
    cached_input_per_million: Decimal | None = Field(
        default=None, ge=0, max_digits=24, decimal_places=12
    )
    """The same where the provider's prompt cache holds them; None: no cheaper."""
    date: datetime.date | None = None
    """When it was looked up."""
    source: str = ""
    """Where it was looked up."""

    @model_validator(mode="after")
    def _cached_is_cheaper(self) -> Price:
        cached = self.cached_input_per_million
        if cached is not None and cached > self.input_per_million:
            raise ValueError(
                "cached_input_per_million is above input_per_million; were they swapped?"
            )
        return self

    def of(self, tokens: int, *, cached: bool = False) -> Decimal:
        """What so many input tokens cost, to the last digit.

        >>> Price(input_per_million="0.10", cached_input_per_million="0.05").of(250, cached=True)
        Decimal('0.00001250')
        """
        per_million = self.cached_input_per_million if cached else None
        if per_million is None:
            per_million = self.input_per_million
        return EXACT.multiply(EXACT.multiply(Decimal(tokens), per_million), _PER_MILLION)


class PriceTable(_Frozen):
    """The prices in one currency, by the name of the model."""

    currency: str = Field(pattern=r"^[A-Z]{3}$")
    """Three capital letters, for example USD."""
    models: dict[str, Price] = Field(min_length=1)
    _origin: str = PrivateAttr("the price table")

    @classmethod
    def from_file(cls, path: str | Path) -> PriceTable:
        """Read a price file.

        Raises:
            ConfigurationError: it cannot be read or is no price file; the message names it.
        """
        import yaml

        try:
            loaded = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise ConfigurationError(
                f"cannot read price file {path}: {error}; copy {EXAMPLE_PRICES.name} of "
                "spsd_core.savings (EXAMPLE_PRICES) and put your prices in"
            ) from error
        if not isinstance(loaded, dict):
            raise ConfigurationError(f"price file {path} must hold a mapping: currency and models")
        try:
            table = cls.model_validate(loaded)
        except ValidationError as error:
            raise ConfigurationError(f"{path} is not a valid price file: {error}") from error
        table._origin = str(path)
        return table

    def price_of(self, model: str | None) -> Price:
        """The price of a model.

        Raises:
            ConfigurationError: there is none of that name.
        """
        if model is not None and model in self.models:
            return self.models[model]
        known = ", ".join(sorted(self.models))
        if model is None:
            raise ConfigurationError(
                f"model is missing: say which model of {self._origin} is paid for; it has {known}"
            )
        raise ConfigurationError(
            f"model {model!r} has no price in {self._origin}: add it there, or name one it has "
            f"({known})"
        )
