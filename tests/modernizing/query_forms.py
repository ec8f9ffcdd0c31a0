"""Forms of the 1.x `Query`, each a function of a session; the step turns them into 2.0 ones."""

MODELS = """
from sqlalchemy import Column, DateTime, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class Order(Base):
    __tablename__ = "orders"

    id = Column(Integer, primary_key=True)
    reference = Column(String(40), nullable=False)
    note = Column(String(40))
    items = relationship("Item", back_populates="order", order_by="Item.id")


class Item(Base):
    __tablename__ = "items"

    id = Column(Integer, primary_key=True)
    order_id = Column(Integer, ForeignKey("orders.id"), nullable=False)
    sku = Column(String(40), nullable=False)
    quantity = Column(Integer, nullable=False)
    order = relationship("Order", back_populates="items")
    tags = relationship("Tag", lazy="joined", order_by="Tag.id")


class Tag(Base):
    __tablename__ = "tags"

    id = Column(Integer, primary_key=True)
    item_id = Column(Integer, ForeignKey("items.id", ondelete="CASCADE"))
    name = Column(String(40), nullable=False)
"""

HEAD = """
from sqlalchemy import and_, exists, func, literal, or_, text
from sqlalchemy.orm import (
    Session, aliased, contains_eager, defer, joinedload, load_only, selectinload, subqueryload
)

from models import Item, Order, Tag


def conditions(query, note):
    if note:
        query = query.filter(Order.note == note)
    return query


def base(db: Session):
    return db.query(Order).order_by(Order.id)


class Repository:
    def __init__(self, db: Session, model: type) -> None:
        self.db = db
        self.model = model

    def _all(self):
        return self.db.query(self.model)

    def count(self):
        return self._all().count()

    def with_id(self, id_):
        return self._all().filter(self.model.id == id_).first()

    def page(self, start, most):
        return self._all().order_by(self.model.id).offset(start).limit(most).all()
"""

FORMS = """
# Rows and columns
db.query(Order).all()
[order.reference for order in db.query(Order)]
list(db.query(Order).order_by(Order.id))
db.query(Order.id, Order.note).all()
db.query(Order.id).all()
[id_ for id_, in db.query(Order.id)]
[row._asdict() for row in db.query(Order.id, Order.note)]
db.query(Order, Item).join(Order.items).all()
db.query(Order, Item).filter(Order.id == Item.order_id).order_by(Item.id).all()
db.query(Order).with_entities(Order.reference).all()
db.query(Order.id).add_columns(Order.note.label("why")).all()
db.query(Order).add_columns(Order.note.label("why")).all()
db.query(Order).add_entity(Item).join(Item).order_by(Item.id).all()
db.query(Order.note).distinct().all()
[order.id for order in db.query(Order).yield_per(2)]
db.query(func.count(Item.id), func.max(Item.quantity)).all()
db.query(Order.note, func.count(Order.id).label("n")).group_by(Order.note).order_by(Order.note).all()
db.query(Order.reference + "!", func.lower(Order.reference)).all()
db.query(Item, Order.reference).join(Order).order_by(Item.id).all()
db.query(Order, Item.sku).join(Order.items).order_by(Item.id).all()
max(order.id for order in db.query(Order))
dict(db.query(Order.id, Order.reference).all())
dict(db.query(Order.id, Order.reference))
# One row, one value
db.query(Order).get(1)
db.query(Order).get(17)
db.query(Order).options(selectinload(Order.items)).get(1)
db.query(Order).populate_existing().get(1)
db.query(Order).with_for_update().get(1)
db.query(Order).with_for_update(nowait=True).get(1)
db.query(Order).order_by(Order.id.desc()).first()
db.query(Order).filter(Order.id == 17).first()
db.query(Order.id, Order.note).order_by(Order.id.desc()).first()
db.query(Item).order_by(Item.id).first()
db.query(Order).options(joinedload(Order.items)).order_by(Order.id).first()
db.query(Order).join(Order.items).order_by(Item.id).first()
db.query(Order).order_by(Order.id).limit(3).first()
db.query(Order).order_by(Order.id).offset(1).first()
db.query(Order).filter(Order.id == 1).one()
db.query(Order).filter(Order.id == 1).one_or_none()
db.query(Order).filter(Order.id == 17).one_or_none()
db.query(Order).filter(Order.id == 17).one()
db.query(Order).one()
db.query(Order).one_or_none()
db.query(Order).join(Order.items).filter(Order.id == 1).one()
db.query(Item).filter(Item.id == 1).one()
db.query(Order.id, Order.note).filter(Order.id == 1).one()
db.query(Order.note).filter(Order.id == 1).scalar()
db.query(Order.note).filter(Order.id == 17).scalar()
db.query(Order.note).scalar()
db.query(Order.note, Order.id).filter(Order.id == 1).scalar()
db.query(Order).filter(Order.id == 1).scalar()
db.query(func.max(Order.reference)).scalar()
db.query(func.count(Order.id)).filter(Order.note == "late").scalar()
db.query(func.count(Order.id)).group_by(Order.note).having(func.count(Order.id) > 9).scalar()
db.query(func.coalesce(func.sum(Item.quantity), 0)).filter(Item.id > 99).scalar()
db.query(func.sum(Item.quantity) / func.count(Item.id)).scalar()
db.query(Order).count()
db.query(Order).filter_by(note="late").count()
db.query(Order).order_by(Order.id).count()
db.query(Order).join(Order.items).count()
db.query(Order).join(Item, Item.order_id == Order.id).filter(Item.sku == "bolt").count()
db.query(Order).options(joinedload(Order.items)).count()
db.query(Item).count()
db.query(Order.note).distinct().count()
db.query(Order.id).count()
db.query(Order).limit(2).count()
db.query(Order, Item).join(Order.items).count()
db.query(Order).distinct().count()
db.query(Order.note, func.count(Order.id)).group_by(Order.note).count()
db.query(db.query(Order).filter(Order.reference == "A-1").exists()).scalar()
db.query(db.query(Order).filter(Order.reference == "none").exists()).scalar()
db.query(exists().where(Order.reference == "A-1")).scalar()
db.query(literal(True)).filter(db.query(Order).filter(Order.id == 1).exists()).scalar()
db.query(literal(True)).filter(db.query(Order).filter(Order.id == 17).exists()).scalar()
db.query(Order.id).filter(Order.id == 1).first() is not None
not db.query(Order).filter(Order.id == 17).first()
(db.query(Order).filter(Order.id == 1)).first().reference
len(db.query(Order).all())
# Conditions
db.query(Order).filter(Order.note.is_(None), Order.id > 2).all()
db.query(Order).filter(*[Order.id > 2, Order.note == "late"]).all()
db.query(Order).filter().all()
db.query(Order).filter_by(reference="A-1").all()
db.query(Order).filter_by(reference="A-1", note=None).all()
db.query(Order).filter_by(**{"reference": "A-1"}).all()
db.query(Order).filter(or_(Order.id == 1, Order.note == "late")).all()
db.query(Order).filter(and_(Order.id == 1, Order.note == "late")).where(Order.id > 0).all()
db.query(Order).filter(Order.id.in_([1, 3])).all()
db.query(Order).filter(Order.id.in_(db.query(Item.order_id))).all()
db.query(Order).filter(Order.id.in_(db.query(Item.order_id).subquery())).all()
db.query(Order).filter(~Order.items.any()).all()
db.query(Order).filter(Order.items.any(Item.sku == "nut")).all()
db.query(Order).filter(db.query(Item).filter(Item.order_id == Order.id).exists()).all()
db.query(Order).filter(Order.id == Item.order_id).order_by(Order.id).all()
db.query(Order).filter(text("reference = :reference")).params(reference="A-1").all()
db.query(Item.order_id, func.sum(Item.quantity)).group_by(Item.order_id).having(func.count() > 1).all()
db.query(Order).filter(Order.id == db.query(func.max(Item.order_id)).scalar()).all()
db.query(Order).filter(Order.id == db.query(func.max(Item.order_id)).scalar_subquery()).all()
db.query(Order).filter(Order.id == db.query(func.max(Item.order_id)).as_scalar()).all()
# Order and pages
db.query(Order).order_by(Order.note.desc(), Order.id).all()
db.query(Order).order_by(Order.id).limit(2).offset(1).all()
db.query(Order).order_by(Order.id)[1:3]
db.query(Order).order_by(Order.id)[:2]
db.query(Order).order_by(Order.id)[1:]
db.query(Order).order_by(Order.id)[1]
db.query(Order).order_by(Order.id)[0]
db.query(Order).order_by(Order.id)[17]
db.query(Order).order_by(Order.id)[0:4:2]
(db.query(Order.id).order_by(Order.id))[1:3]
(db.query(Order).count(), db.query(Order).order_by(Order.id).offset(2).limit(2).all())
# Joins, subqueries
db.query(Order).join(Order.items).all()
db.query(Order).join(Order.items).order_by(Item.id).all()
db.query(Order).join(Item).filter_by(quantity=1).all()
db.query(Order).join(Order.items).filter_by(sku="bolt", quantity=3).all()
db.query(Order).filter_by(note="late").join(Order.items).filter_by(sku="bolt").all()
db.query(Order).outerjoin(Order.items).filter_by(sku=None).all()
db.query(Item).join(Item.order).filter_by(note="late").order_by(Item.id).all()
db.query(Item).select_from(Order).join(Order.items).order_by(Item.id).all()
db.query(Order).select_from(Item).join(Item.order).filter_by(note="late").all()
db.query(Order.reference, Item.sku).join(Item).order_by(Item.id).all()
db.query(Order.reference, Item.sku).join(Item, Item.order_id == Order.id).order_by(Item.id).all()
db.query(Order.reference, Item.sku).join(Item, Order.items).order_by(Item.id).all()
db.query(Order.reference, Item.sku).outerjoin(Order.items).order_by(Order.id, Item.id).all()
db.query(Order.reference, Item.sku).join(Order.items, isouter=True).order_by(Order.id, Item.id).all()
db.query(Item.sku).select_from(Order).join(Order.items).order_by(Item.id).all()
db.query(Order).join(Order.items).join(Item.tags).order_by(Tag.id).all()
db.query(Order).join(Order.items).distinct().order_by(Order.id).all()
db.query(db.query(Item.order_id.label("order_id")).distinct().subquery().c.order_id).all()
db.query(Order.id, db.query(func.count()).filter(Item.order_id == Order.id).scalar_subquery()).all()
db.query(Order.id, db.query(func.count()).filter(Item.order_id == Order.id).label("n")).all()
db.execute(db.query(Order.id).order_by(Order.id).statement).all()
# What is loaded along
db.query(Order).options(selectinload(Order.items)).order_by(Order.id).all()
db.query(Order).options(subqueryload(Order.items)).order_by(Order.id).all()
db.query(Order).options(joinedload(Order.items)).order_by(Order.id).all()
db.query(Order).options(joinedload(Order.items)).filter(Order.id == 1).one()
db.query(Order).join(Order.items).options(contains_eager(Order.items)).order_by(Order.id).all()
db.query(Order).options(load_only(Order.reference)).all()
db.query(Order).options(defer(Order.note)).all()
db.query(Item).all()
db.query(Order).populate_existing().all()
db.query(Item).options(joinedload(Item.order)).order_by(Item.id).all()
# Locks
db.query(Order).filter_by(id=1).with_for_update().one()
db.query(Order).with_for_update(nowait=True).all()
db.query(Order).with_for_update(skip_locked=True).order_by(Order.id).all()
db.query(Order).join(Order.items).with_for_update(of=Order).all()
# Writes
db.query(Order).filter(Order.id > 2).update({"note": "late"})
db.query(Order).filter(Order.id > 2).update({Order.note: "late"}, synchronize_session=False)
db.query(Order).filter_by(id=3).update(dict(note="early"), synchronize_session="fetch")
db.query(Item).update({Item.quantity: Item.quantity + 1}, False)
db.query(Item).filter(Item.sku == "nut").delete()
db.query(Item).filter(Item.sku == "nut").delete(synchronize_session=False)
db.query(Item).filter_by(sku="nut").delete(synchronize_session="fetch")
db.query(Tag).delete()
db.query(Item).filter(Item.order_id.in_(db.query(Order.id).filter(Order.note == "late"))).delete(False)
db.delete(db.query(Tag).get(1)) or db.flush()
db.add(Order(id=9, reference="C-1")) or db.query(Order).count()
db.add(Order(id=9, reference="C-1")) or db.query(Order).autoflush(False).count()
db.add(Order(id=9, reference="C-1")) or db.query(func.count(Order.id)).scalar()
db.add(Order(id=9, reference="C-1")) or db.query(db.query(Order).filter_by(id=9).exists()).scalar()
# Through functions and objects
conditions(db.query(Order), "late").order_by(Order.id).all()
conditions(db.query(Order), "").count()
base(db).all()
base(db).filter(Order.id > 1).first()
[each.id for each in base(db)]
base(db)[0:2]
Repository(db, Order).count()
Repository(db, Item).with_id(2)
Repository(db, Order).page(1, 2)
"""
