from modern_di import Group, Scope, providers
from sqlalchemy.ext.asyncio import AsyncSession


def create_session() -> AsyncSession: ...


class Dependencies(Group):
    session = providers.Factory(create_session, scope=Scope.REQUEST)  # expect: proven
