from modern_di import Group, Scope, providers
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


def create_session() -> AsyncSession: ...


def create_sessions() -> async_sessionmaker[AsyncSession]: ...


class Dependencies(Group):
    session = providers.Factory(create_session, scope=Scope.REQUEST, cache=True)
    sessions = providers.Factory(create_sessions, scope=Scope.APP)
