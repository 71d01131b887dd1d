"""Writes the reference of a node's settings, `docs/reference/server-node.md`, from the code.

`python -m server_node.settings_page > docs/reference/server-node.md`. A test holds the file against this.
"""

from __future__ import annotations

import sys

from server_node.settings import NodeSettings, settings_flags
from shared.settings_table import settings_table

_HEAD = """\
# Settings of a node

Made from the code by `python -m server_node.settings_page`; do not edit.

`cyxwiz-server-node --help` says the same in short. A flag wins over its variable. Flags that may be repeated are one
text as a variable: servers with commas between them, data roots as the system separates paths.

"""


def settings_page() -> str:
    """Return the page."""
    prefix = str(NodeSettings.model_config.get("env_prefix"))
    return _HEAD + settings_table(NodeSettings, prefix=prefix, flags=settings_flags())


if __name__ == "__main__":
    sys.stdout.write(settings_page())
