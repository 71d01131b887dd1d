"""What of the past is kept and what goes, as the operator set it: by age, by number, by size."""
