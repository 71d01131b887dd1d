"""Checkpoints: everything a training needs to go on as if it had never stopped."""
