# requires: sqlalchemy>=2.0,<2.1
from sqlalchemy.ext.asyncio import AsyncSession
