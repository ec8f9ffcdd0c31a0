from fastapi import APIRouter, FastAPI

app = FastAPI(on_startup=[print])  # expect: proven
router = APIRouter()


@app.on_event("startup")  # expect: proven
async def start(): ...


router.add_event_handler("shutdown", start)  # expect: proven


def register(application):
    application.on_event("startup")(start)  # expect: suspected
