from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.orm import Session

from lending.database import Base, engine, get_db
from lending.routers import loans, members, tools
from lending.use_cases import NotFound, NotPossible


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    Base.metadata.create_all(bind=engine)
    yield
    engine.dispose()


app = FastAPI(title="Lending", lifespan=lifespan)
app.include_router(members.router)
app.include_router(tools.router)
app.include_router(loans.router)


@app.exception_handler(NotFound)
def not_found(request: Request, error: NotFound) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=404)


@app.exception_handler(NotPossible)
def not_possible(request: Request, error: NotPossible) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=409)


@app.get("/health")
def health(db: Session = Depends(get_db)) -> dict[str, str]:
    db.execute(text("select 1"))
    return {"status": "ok"}
