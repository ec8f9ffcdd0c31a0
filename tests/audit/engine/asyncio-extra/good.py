# requires: sqlalchemy[asyncio]>=2.1
from sqlalchemy.ext.asyncio import AsyncSession
