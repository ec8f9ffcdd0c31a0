from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from ledger.infrastructure.settings import Settings


def make_engine(settings: Settings) -> AsyncEngine:
    url = settings.postgres_dsn.get_secret_value().replace("postgresql:", "postgresql+asyncpg:")
    return create_async_engine(url)
