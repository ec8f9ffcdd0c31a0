from sqlalchemy import select


def page(model, after, limit):
    select(model).where(model.id > after).limit(limit)  # expect: suspected
    return select(model).limit(20).offset(40)  # expect: suspected
