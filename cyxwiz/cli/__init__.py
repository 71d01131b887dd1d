"""The command line `cyxwiz`: one command one file. What a command does lives in the SDK, how it looks lives here."""
