"""What a plugin's own commands are made with; the author's door gives it out.

A command takes ``data_option``, and runs an async task against the database of ``settings_of(data)``: beside a running demo, or alone.
"""

from __future__ import annotations

from banshi.cli.common import Workplace, data_option, echo_json, json_option, run, settings_of

__all__ = ["Workplace", "data_option", "echo_json", "json_option", "run", "settings_of"]
