"""`synthmark config show`: every setting, its value, and where the value comes from."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from synthmark.cli import options as shared
from synthmark.console import ExitCode, print_json, print_text

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from synthmark.config import Settings

__all__ = ["add", "run"]

SCHEMA = "synthmark.setting/1"


def add(commands: shared.Commands) -> None:
    """Describe the command."""
    parser = commands.add_parser("config", help="show the settings and where they come from")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    show = actions.add_parser("show", help="print every setting, its value and its origin")
    shared.add_config_file(show)
    shared.add_label_options(show)
    shared.add_registry_options(show)
    show.add_argument("--retention-months", type=int, metavar="N", help="how long records stay")
    show.add_argument("--lang", dest="language", help="language of reports: en, zh, both or auto")
    show.add_argument("--json", action="store_true", help="print one JSON object per setting, one per line")
    show.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the settings."""
    settings = shared.settings_from(options)
    width = max(map(len, settings.origins))
    for name, value in _values(settings).items():
        if options.json:
            print_json({"schema": SCHEMA, "name": name, "value": value, "origin": settings.origins[name]})
        else:
            print_text(f"{name:{width}} = {_shown(value):24} # {settings.origins[name]}")
    return ExitCode.FOUND


def _values(settings: Settings) -> dict[str, object]:
    fields = dataclasses.fields(settings.config)
    values = {field.name: getattr(settings.config, field.name) for field in fields}
    values["registry"] = _without_password(values["registry"])
    return {name: value if _is_plain(value) else str(value) for name, value in values.items()}


def _without_password(registry: Path | str | None) -> Path | str | None:
    if not isinstance(registry, str):
        return registry
    from synthmark.registry.database import shown_location

    return shown_location(registry)


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _shown(value: object) -> str:
    """Return a value as TOML writes it; what is not set has no value there."""
    if isinstance(value, bool):
        return str(value).lower()
    return "(not set)" if value is None else f'"{value}"' if isinstance(value, str) else str(value)
