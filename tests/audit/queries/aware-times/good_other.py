from datetime import datetime, timezone

from sqlalchemy import DateTime, Interval
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Plain(Base):
    __tablename__ = "plain"

    made_at: Mapped[datetime] = mapped_column(default=datetime.utcnow)
    told_at: Mapped[datetime] = mapped_column(DateTime(), default=datetime.now)
    lasts = mapped_column(Interval())
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Clock:
    made_at = DateTime(timezone=True)

    def now(self):
        return datetime.now()


async def touch(plain, clock, name, log):
    plain.made_at = datetime.utcnow()
    plain.seen_at = clock.now()
    started = datetime.now()
    log.info("took", since=started)
    return name.replace(" ", "_"), datetime.now().isoformat(), datetime.fromtimestamp(0, timezone.utc)
