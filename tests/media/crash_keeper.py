"""Keeps pictures and clips without end and tells of each, to be killed."""

import asyncio
from pathlib import Path
import sys

sys.path.insert(0, str(Path.cwd()))

from custom_components.vigilar.models import Change
from tests.common import make_jpeg
from tests.events.common import BEGAN
from tests.media.house import ENDED, STARTED, open_house


def tell(change: Change) -> None:
    """Write the id of an event and what it says is ready."""
    media = change.event.payload["media"]
    ready = [kind for kind, entry in media.items() if entry["state"] == "ready"]
    sys.stdout.write(f"{change.event.id} {','.join(ready)}\n")
    sys.stdout.flush()


async def keep_forever(folder: str) -> None:
    """See things, begin and complete their clips, delete the oldest; until killed."""
    picture = make_jpeg(320, 180)
    async with open_house(Path(folder, "media"), Path(folder, "vigilar.db")) as house:
        house.processor.add_publisher("tell", tell)
        for n in range(sys.maxsize):
            key, ts = str(n), BEGAN + n * 1000
            event = await house.see(STARTED, ts, key, snapshot=picture)
            if n % 3:
                house.recorder.finish_part(event.id)
            else:
                house.recorder.path_of[event.id](0).write_bytes(b"half")
            await house.see(ENDED, ts + 500, key)
            if n % 4 == 3:
                house.finish(event.id)
                await house.settle()
                await house.library.dispose([event.id])


asyncio.run(keep_forever(sys.argv[1]))
