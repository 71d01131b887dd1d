"""The database's versions, each one step forward from the one before it."""
