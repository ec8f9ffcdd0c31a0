"""`verify.py` on a scaffold of other models: in whose words, by which counterexample."""

from collections.abc import Callable

import pytest

from helpers.packs import MANIFEST, WRONG_SUM, Pack, Ran, patch_of_sum, proof, written_evidence
from helpers.templates import choice

USUAL, OWN, ASKING = "sums/usual", "sums/own", "sums/asking"
ASKS = """
    class Session:
        async def exec(self, statement: int) -> int:
            return statement

    async def ask(session: Session) -> int:
        return await session.execute(add(1, 2))

    assert asyncio.run(ask(Session())) == 3
"""


@pytest.fixture
def modelled(pack: Pack) -> Pack:
    """A pack with a choice of models, one rule about the usual ones, and one with two patches."""
    pack.write("templates/manifest.toml", choice("models", "sqlalchemy", "sqlmodel") + MANIFEST)
    pack.add(USUAL, databases="SQLite", options="`models=sqlalchemy`", proof=proof(USUAL))
    pack.add(OWN, databases="SQLite", proof=proof(OWN), outcome="`assert 0 == 3`")
    pack.write("tests/counterexamples/sums/own.sqlmodel.patch", patch_of_sum("0"))
    asking = proof(ASKING, ASKS.strip()).replace("import os", "import asyncio")
    pack.add(ASKING, databases="SQLite", proof=asking, patch=WRONG_SUM)
    return pack


def test_what_holds_for_other_models_is_proved_in_their_words(
    modelled: Pack, run: Callable[..., Ran]
) -> None:
    ran = run("--models", "sqlmodel", "--database", "sqlite", "--rules", "sums/*")

    assert ran.code == 0, ran.out + ran.error
    seen = {
        result["rule"]: (result["proved"], result["refuted"])
        for result in written_evidence()["results"]
    }
    assert seen == {name: (True, True) for name in ("sums/adds", OWN, ASKING)}
    assert f"about other models than sqlmodel: {USUAL}" in ran.error


def test_the_usual_models_have_the_usual_counterexample(
    modelled: Pack, run: Callable[..., Ran]
) -> None:
    ran = run("--database", "sqlite", "--rules", f"{OWN},{USUAL}")

    assert ran.code == 1
    assert "instead of the stated outcome “assert 0 == 3”" in ran.out
    assert {result["rule"] for result in written_evidence()["results"]} == {OWN, USUAL}
    assert "about other models" not in ran.error
