"""Reviews: what people say a sentence's labels should be. None is ever changed or deleted; who changes their mind adds one.

review -> table (SQLite or PostgreSQL) -> list, export, agreement, corpus rows
"""
