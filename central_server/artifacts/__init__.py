"""Files kept by content: results that nodes upload, datasets that people do."""
