"""What is corrupt is kept as a whole, under a name that says so."""

from pathlib import Path

from custom_components.vigilar.events.database import _move_aside

from .common import BEGAN


def test_a_database_moves_with_its_side_files(database: Path) -> None:
    """The new names belong together as the old ones did; what is not there is not missed."""
    for suffix in ("", "-wal"):
        database.with_name(f"vigilar.db{suffix}").write_text(f"content{suffix}")
    neighbour = database.with_name("vigilar.db.bak")
    neighbour.touch()

    aside = _move_aside(database, BEGAN)

    assert aside.name == "vigilar.db.corrupt-20231114T221320Z"
    assert aside.read_text() == "content"
    assert aside.with_name(f"{aside.name}-wal").read_text() == "content-wal"
    assert {path.name for path in database.parent.iterdir()} == {
        neighbour.name,
        aside.name,
        f"{aside.name}-wal",
    }
