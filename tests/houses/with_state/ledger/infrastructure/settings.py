from pydantic import SecretStr
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    postgres_dsn: SecretStr = SecretStr("postgresql://ledger@localhost/ledger")
    limit: int = 10


def load_settings() -> Settings:
    return Settings()
