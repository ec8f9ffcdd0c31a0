from acme.models import Parcel


def test_a_parcel_weighs() -> None:
    assert Parcel(weight=3).weight == 3
