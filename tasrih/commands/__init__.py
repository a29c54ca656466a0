"""The subcommands of the core."""
