# requires: sqlalchemy>=2.1 greenlet
from sqlalchemy.ext.asyncio import AsyncSession
