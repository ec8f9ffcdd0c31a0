from fastapi import FastAPI


async def lifespan(app):
    yield


app = FastAPI(lifespan=lifespan)


class Bus:
    def on_event(self, name): ...


bus = Bus()
bus.on_event("startup")
