"""Repeatable measurements; run from the root of the checkout."""
