from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, relationship


async def moved(session: AsyncSession):
    return await session.query(object).all()  # expect: proven


def old(session: Session):
    return session.query(object).all()  # expect: review


class Order:
    items = relationship("Item", lazy="dynamic")  # expect: suspected
