"""The reviews, and what keeps them as they are."""

import sqlalchemy as sa
from alembic import op

__all__ = ["downgrade", "upgrade"]

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

REFUSAL = "reviews are only ever added: history is not overwritten"


def upgrade() -> None:
    """Make the table. The database itself refuses to change or delete a row, whoever asks."""
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("created", sa.String(32), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("text_hash", sa.String(64), nullable=False),
        sa.Column("stance", sa.String(200), nullable=False),
        sa.Column("claim_types", sa.JSON, nullable=False),
        sa.Column("reviewer", sa.String(200), nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("article_id", sa.String(500)),
        sa.Column("source", sa.Text),
        sa.Column("place", sa.Integer),
        sa.Column("start", sa.Integer),
        sa.Column("end", sa.Integer),
        sa.Column("given", sa.JSON),
    )
    for name in ("text_hash", "article_id", "reviewer"):
        op.create_index(f"ix_reviews_{name}", "reviews", [name])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION tasrih_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER reviews_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON reviews "
            "FOR EACH STATEMENT EXECUTE FUNCTION tasrih_refuse()"
        )
    else:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER reviews_stay_{verb.lower()} BEFORE {verb} ON reviews "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )


def downgrade() -> None:
    """There is no way back that loses no review."""
    raise NotImplementedError("reviews are not thrown away; restore a copy of the database from before")
