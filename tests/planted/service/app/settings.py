"""Settings that the owners of the house change at run time."""

from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import SessionDep
from app.models import Setting

router = APIRouter(prefix="/settings")


class SettingsStore:
    async def value(self, session: AsyncSession, key: str) -> str | None:
        return await session.scalar(select(Setting.value).where(Setting.key == key))


store = SettingsStore()


@router.get("/{key}")
async def read_setting(key: str, session: SessionDep) -> str | None:
    return await store.value(session, key)
