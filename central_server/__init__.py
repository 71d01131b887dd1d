"""The central server: takes jobs, decides where they run, keeps what must not be lost."""
