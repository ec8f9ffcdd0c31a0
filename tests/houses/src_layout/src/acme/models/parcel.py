from uuid import UUID, uuid4

from sqlalchemy.orm import Mapped, mapped_column

from acme.models.base import Base


class Parcel(Base):
    __tablename__ = "parcels"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    weight: Mapped[int]
