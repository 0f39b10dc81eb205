"""Prints docs/settings.md from the settings: python docs/settings_page.py > docs/settings.md."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from spsd_core import Settings

INTRODUCTION = """\
# Settings

Made from `spsd_core/settings.py` by `python docs/settings_page.py`; a test holds it current.
Settings are frozen, and checked when they are built. They can be given as Python objects, or read
from a YAML or JSON file.

```python
from spsd_core import Distiller, Settings

settings = Settings.model_validate({"level": "dense", "safety": {"open_domains": ["legal"]}})
print(Distiller(settings).settings.level)
```

```text
dense
```
"""


def page() -> str:
    """The page as Markdown."""
    return "\n".join([INTRODUCTION, *_section(Settings, "Settings", "")]).rstrip() + "\n"


def _section(model: type[BaseModel], title: str, prefix: str) -> list[str]:
    lines = [f"## {title}", "", "| setting | default | meaning |", "|---|---|---|"]
    groups: list[tuple[str, type[BaseModel], str]] = []
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            doc = (field.annotation.__doc__ or "").strip().splitlines()[0]
            groups.append((f"{prefix}{name}", field.annotation, doc))
        else:
            lines.append(f"| `{prefix}{name}` | `{_default(field)}` | {_meaning(field)} |")
    lines.append("")
    for path, group, doc in groups:
        lines += [*_section(group, f"`{path}`: {doc.rstrip('.')}", f"{path}."), ""]
    return lines


def _default(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=True)
    if isinstance(value, frozenset):
        return "{" + ", ".join(map(repr, sorted(value))) + "}"
    return repr(value)


def _meaning(field: FieldInfo) -> str:
    return " ".join((field.description or "").split()).replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")
