"""Metrics and log lines on their way to the store and to those who watch. They decide nothing and delay nothing."""
