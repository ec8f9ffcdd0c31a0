from pydantic import PostgresDsn
from pydantic_settings import BaseSettings, SettingsConfigDict


class AcmeSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="ACME_", env_file=".env")

    db_dsn: PostgresDsn = PostgresDsn("postgresql://acme@localhost/acme")
    debug: bool = False


settings = AcmeSettings()
