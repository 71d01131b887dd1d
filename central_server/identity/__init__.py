"""Who somebody is and what they did: tokens, sessions, limits of guessing and of rate, and the audit log."""
