# requires: sqlalchemy>=2.1
from sqlalchemy.ext.asyncio import AsyncSession  # expect: suspected
