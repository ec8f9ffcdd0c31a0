from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import async_sessionmaker


class Manager:
    sessions = async_sessionmaker()

    @asynccontextmanager
    async def session(self):
        async with self.sessions() as session:
            try:
                yield session
            except Exception as error:  # expect: proven
                raise RuntimeError("failed") from error
