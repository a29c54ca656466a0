"""What a user would pick instead; each module runs in the environment that the requirements beside it make."""
