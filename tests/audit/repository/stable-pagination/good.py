from sqlalchemy import select


def page(model, after):
    return select(model).where(model.id > after).order_by(model.id).limit(10)
