import sqlalchemy as sa
from alembic import op

revision = "1a2b"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "user", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(255))
    )


def downgrade() -> None:
    op.drop_table("user")
