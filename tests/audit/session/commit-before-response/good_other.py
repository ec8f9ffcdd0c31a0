from fastapi import Depends, FastAPI

app = FastAPI()


async def get_batch(kafka):
    batch = kafka.batch()
    yield batch
    await batch.commit()


@app.get("/")
async def read(batch=Depends(get_batch)): ...
