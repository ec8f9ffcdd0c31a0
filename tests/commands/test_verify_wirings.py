"""`verify.py` on several wirings, and with features that rules need."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.packs import SUMS, Pack, Ran, proof, results, written_evidence

WIRED = f"{SUMS}\n\nWIRING = '{{{{ wiring }}}}'\n"
FEATURED = f"{SUMS}\n\nFEATURES = '{{{{ contributed.features | join(',') }}}}'\n"
EVERYWHERE = "sums/everywhere"


@pytest.fixture
def everywhere(pack: Pack) -> Pack:
    """A pack with a rule that holds on every wiring."""
    pack.write("templates/base/{{ package }}/sums.py.jinja", WIRED)
    pack.add(EVERYWHERE, proof=proof(EVERYWHERE), databases="SQLite", options="`wiring=every`")
    return pack


def rows(out: str) -> dict[str, list[str]]:
    """Give the cells of each row but the first, by that one."""
    split = ([cell.strip() for cell in line.split("|")[1:-1]] for line in out.splitlines())
    return {cells[0]: cells[1:] for cells in split if cells}


def trials(rule: str) -> list[tuple[str, bool | None, bool | None, str | None]]:
    """Tell of each wiring that a rule was tried on whether it was proved and refuted there."""
    return [
        (result["wiring"], result["proved"], result["refuted"], result.get("refuted_on"))
        for result in written_evidence()["results"]
        if result["rule"] == rule
    ]


def test_a_rule_of_every_wiring_is_proved_on_each_and_refuted_on_the_default(
    everywhere: Pack, run: Callable[..., Ran]
) -> None:
    ran = run("--database", "sqlite", "--rules", "sums/*", "--keep")

    assert ran.code == 0, ran.out
    assert rows(ran.out)[EVERYWHERE] == ["2 wirings", "proved, refuted"]
    assert rows(ran.out)["sums/adds"] == ["depends", "proved, refuted"]
    assert trials(EVERYWHERE) == [
        ("depends", True, True, None),
        ("container", True, None, "depends"),
    ]
    assert trials("sums/adds") == [("depends", True, True, None)]
    page = Path("evidence.html").read_text(encoding="utf-8")
    assert "container: <span class='tag good'>✓ proved</span>" in page
    folder = Path(ran.error.strip().rpartition(" ")[2])
    for name, wiring in (("scaffold", "depends"), ("scaffold-wiring=container", "container")):
        text = (folder / f"sqlite/{name}/project/app/sums.py").read_text(encoding="utf-8")
        assert f'WIRING = "{wiring}"' in text
    shutil.rmtree(folder)


def test_a_rule_that_fails_on_one_wiring_names_it(
    everywhere: Pack, run: Callable[..., Ran]
) -> None:
    body = (
        "from app.sums import WIRING; depends = WIRING == 'depends'; assert depends; "
        "assert add(1, 2) == 3"
    )
    everywhere.write("tests/proofs/sums/test_everywhere.py", proof(EVERYWHERE, body))

    ran = run("--database", "sqlite", "--rules", EVERYWHERE)

    assert ran.code == 1
    assert rows(ran.out)[EVERYWHERE][1].startswith("container: proof failed: ")


@pytest.mark.parametrize(
    ("wirings", "tried"),
    [
        (["container"], [("container", True, None, "depends")]),
        (["depends"], [("depends", True, True, None)]),
        (
            ["container", "depends"],
            [("depends", True, True, None), ("container", True, None, "depends")],
        ),
    ],
)
def test_wirings_can_be_chosen(
    everywhere: Pack,
    run: Callable[..., Ran],
    wirings: list[str],
    tried: list[tuple[str, bool, bool | None, str | None]],
) -> None:
    ran = run(*(part for name in wirings for part in ("--wiring", name)), "--database", "sqlite")

    assert ran.code == 0, ran.out
    assert trials(EVERYWHERE) == tried
    page = Path("evidence.html").read_text(encoding="utf-8")
    assert ("it is refuted on another wiring" in page) == (wirings == ["container"])
    assert bool(trials("sums/adds")) == ("depends" in wirings)
    tested = [tests["wiring"] for tests in written_evidence()["service_tests"]]
    assert sorted(tested) == sorted(wirings)


def test_rules_that_need_features_share_a_scaffold_that_has_them_all(
    pack: Pack, run: Callable[..., Ran]
) -> None:
    pack.write("templates/base/{{ package }}/sums.py.jinja", FEATURED)
    body = "from app.sums import FEATURES; assert (FEATURES, add(1, 2)) == ('echo,greeting', 3)"
    for name, features in (("sums/echoes", "echo"), ("sums/greets", "greeting+echo")):
        pack.add(
            name,
            outcome="`assert ('echo,greeting', -1) == ('echo,greeting', 3)`",
            proof=proof(name, body),
            databases="SQLite",
            options=f"`with={features}`",
        )

    ran = run("--database", "sqlite", "--wiring", "depends", "--keep")

    assert ran.code == 0, ran.out
    assert len(results(written_evidence())) == 4
    folder = Path(ran.error.strip().rpartition(" ")[2])
    assert {path.name for path in (folder / "sqlite").glob("scaffold*")} == {
        "scaffold",  # of the rules that need none
        "scaffold-with-features",
    }
    shutil.rmtree(folder)
