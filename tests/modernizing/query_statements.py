"""Statements around the 1.x `Query`, each the body of a function of a session."""

STATEMENTS = {
    "a variable": """
    q = db.query(Order)
    return q.all()
""",
    "built by and by": """
    query = db.query(Order)
    for note in ("late", None):
        if note:
            query = query.filter(Order.note == note)
    total = query.count()
    return total, query.order_by(Order.id).limit(1).all()
""",
    "one of two": """
    query = db.query(Order) if db else db.query(Order).filter(Order.id > 1)
    return query.order_by(Order.id).all()
""",
    "one name twice": """
    query = db.query(Order).order_by(Order.id)
    first = query.first()
    query = db.query(Item).order_by(Item.id)
    return first, query.all()
""",
    "a name that becomes the result": """
    found = db.query(Order)
    found = found.order_by(Order.id)
    found = found.all()
    return [each.id for each in found]
""",
    "a subquery in a variable": """
    counts = db.query(Item.order_id, func.count(Item.id).label("n")).group_by(Item.order_id).subquery()
    rows = db.query(Order, counts.c.n).outerjoin(counts, counts.c.order_id == Order.id)
    return rows.order_by(Order.id).all()
""",
    "an alias": """
    other = aliased(Order)
    return db.query(Order.id, other.reference).join(other, Order.note == other.note).filter(
        Order.id < other.id
    ).all()
""",
    "an alias as the entity": """
    other = aliased(Order)
    return db.query(other).filter(other.id > 1).order_by(other.id).all()
""",
    "a loop": """
    found = []
    for order in db.query(Order).filter(Order.id > 1).order_by(Order.id):
        found.append(order.reference)
    return found
""",
    "an inner function": """
    query = db.query(Order).order_by(Order.id)
    def page(number):
        return query.offset(number).limit(1).all()
    return page(0), page(1)
""",
    "conditions in a list": """
    wanted = [Order.id > 1]
    wanted.append(Order.note == "late")
    return db.query(Order).filter(*wanted).all()
""",
    "columns in a variable": """
    count = func.count(Item.id)
    return db.query(count).scalar()
""",
    "rows that say their names": """
    row = db.query(Order.id, func.count(Item.id).label("n")).join(Item).group_by(Order.id).first()
    return row.id, row.n, row._mapping["n"]
""",
    "a select that is another thing": """
    select = "late"
    update = 1
    return db.query(Order).filter(Order.note == select, Order.id >= update).all()
""",
    "a delete where the name is taken": """
    delete = 1
    return db.query(Tag).filter(Tag.id == delete).delete()
""",
    "a session in a block": """
    with Session(db.get_bind()) as inner:
        query = inner.query(Order).filter(Order.id == 1)
        return query.first() is None, db.query(Order).count()
""",
    "a chain over several lines": """
    return (
        db.query(Order)
        # what is late
        .filter(Order.note == "late")  # only that
        .order_by(
            Order.id,
        )
        .first()
    )
""",
    "a chain with backslashes": """
    return db.query(Order)\\
        .filter(Order.note == "late")\\
        .order_by(Order.id)\\
        .all()
""",
    "a count over several lines": """
    return (
        db.query(Order)
        .filter(Order.note == "late")
        .order_by(Order.id)
        .count()
    )
""",
    "a delete over several lines": """
    return (
        db.query(Item)
        .filter(
            Item.order_id.in_(
                db.query(Order.id)
                .filter(Order.note == "late")
            )
        )
        .delete(
            synchronize_session=False,
        )
    )
""",
    "an update over several lines": """
    return (
        db.query(Item)
        .filter(Item.sku == "nut")
        .update(
            {
                "quantity": 7,
            },
            synchronize_session=False,
        )
    )
""",
    "a text over several lines": """
    return (
        db.query(Order)
        .filter(text('''
reference = 'A-1'
'''))
        .all()
    )
""",
    "objects that the session has": """
    order = db.query(Order).filter(Order.id == 1).one()
    db.query(Order).filter(Order.id == 1).update({"note": "changed"})
    db.query(Item).filter(Item.sku == "nut").delete()
    return order.note, [each.sku for each in order.items]
""",
}
