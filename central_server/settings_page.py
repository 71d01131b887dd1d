"""Writes the reference of the central server's settings, `docs/reference/central-server.md`, from the code.

`python -m central_server.settings_page > docs/reference/central-server.md`. A test holds the file against this.
"""

from __future__ import annotations

import sys

from central_server.main import settings_flags
from central_server.settings import Settings
from shared.settings_table import settings_table

_HEAD = """\
# Settings of the central server

Made from the code by `python -m central_server.settings_page`; do not edit.

`cyxwiz-central-server --help` says the same in short. A flag wins over its variable. A size may be written as `200GiB`.
What several settings mean together is told in [operate](../how-to/operate.md), [PostgreSQL](../how-to/postgresql.md)
and [object storage](../how-to/object-storage.md). Credentials for an object store are no settings: they are read from
the variables that its own tools use.

"""


def settings_page() -> str:
    """Return the page."""
    prefix = str(Settings.model_config.get("env_prefix"))
    return _HEAD + settings_table(Settings, prefix=prefix, flags=settings_flags())


if __name__ == "__main__":
    sys.stdout.write(settings_page())
