"""Attempts as they really run: one asyncio task, one thread and one stop signal each."""
