"""How the reviews' database became what it is: one module a step in `versions`, for alembic."""
