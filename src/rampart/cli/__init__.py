"""The command line. Each verb is one module; nothing heavy is imported before a verb runs."""
