"""What alembic runs: the versions, on the connection that `storage.migrate` opened."""

from __future__ import annotations

from alembic import context

from central_server.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
