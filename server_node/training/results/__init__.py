"""What a finished training leaves: named weights, the model's description, the metrics; and how they become files."""
