"""What `cyxwiz doctor` looks at: each file asks one part of the machine or the server, and says what it has found.

Asking and judging are apart: what judges is pure and gets what was found as a record.
"""
