from sqlmodel import Field, SQLModel


class HeroBase(SQLModel):
    name: str = Field(index=True)


class Hero(HeroBase, table=True):
    id: int | None = Field(default=None, primary_key=True)


class HeroCreate(HeroBase):
    pass
