import os
from dataclasses import dataclass, field
from functools import lru_cache


@dataclass(frozen=True)
class Settings:
    database_url: str = field(
        default_factory=lambda: os.environ.get("DATABASE_URL", "sqlite:///./lending.db")
    )
    longest_loan: int = 14


@lru_cache
def get_settings() -> Settings:
    return Settings()
