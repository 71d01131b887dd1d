"""What two sides must agree on: records, states, the wire, and the words for errors."""
