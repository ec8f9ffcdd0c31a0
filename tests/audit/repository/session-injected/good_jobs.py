from sqlalchemy.ext.asyncio import async_sessionmaker


class Worker:
    sessions = async_sessionmaker()

    async def run(self):
        async with self.sessions.begin() as session:
            return session
