from sqlalchemy import select


def page(model, after, limit):
    select(model).where(model.id > after).order_by(model.id).limit(limit)
    select(model).limit(limit).order_by(model.id)
    return select(model.id).limit(1)
