from acme.models.base import Base
from acme.models.parcel import Parcel

__all__ = ["Base", "Parcel"]
