from typing import Any

from pydantic import PostgresDsn, computed_field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file="../.env", env_ignore_empty=True, extra="ignore")

    API_V1_STR: str = "/api/v1"
    POSTGRES_SERVER: str = "localhost"
    POSTGRES_PORT: int = 5432
    POSTGRES_USER: str = "app"
    POSTGRES_PASSWORD: str = ""
    POSTGRES_DB: str = "app"

    @computed_field  # type: ignore[prop-decorator]
    @property
    def SQLALCHEMY_DATABASE_URI(self) -> PostgresDsn:
        parts: dict[str, Any] = {
            "username": self.POSTGRES_USER,
            "password": self.POSTGRES_PASSWORD or None,
            "host": self.POSTGRES_SERVER,
            "port": self.POSTGRES_PORT,
            "path": self.POSTGRES_DB,
        }
        return PostgresDsn.build(scheme="postgresql+psycopg", **parts)


settings = Settings()
