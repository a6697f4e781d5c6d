"""The broker goes away and comes back."""

from .house import (
    House,
    MqttListener,
    eventually,
    eventually_heard,
    shown_ids,
    snapshot,
)


async def test_what_a_broker_missed_arrives_in_order_each_once(
    house: House, listener: MqttListener
) -> None:
    """Without a broker the timeline goes on; afterwards MQTT has it all, too."""
    async with house.client() as client, house.dashboard() as page:
        await house.wait_online(client, "back_yard")
        await eventually_heard(
            lambda: listener.events("ended", "back_yard"), "an event with a broker"
        )
        house.broker.kill()

        async def disconnected() -> bool:
            return not (await house.diagnostics(client))["mqtt"]["connected"]

        await eventually(disconnected, "Home Assistant to miss its broker")
        known = {event["id"] for event in await snapshot(client)}

        async def happened_meanwhile() -> list[str]:
            return [
                event["id"]
                for event in await snapshot(client)
                if event["id"] not in known
                and event["source_id"] == "back_yard"
                and event["payload"]["phase"] == "ended"
            ]

        missed = await eventually(happened_meanwhile, "an event without a broker")
        assert missed[0] in await shown_ids(page)

        house.broker.start()
        await eventually_heard(
            lambda: (
                set(missed)
                <= {event["id"] for event in listener.events("ended", "back_yard")}
            ),
            "what the broker had missed",
        )
        keys = [
            (event["payload"]["seq"], event["id"])
            for source_id in ("front_door", "back_yard")
            for event in listener.changes(source_id)
        ]
        assert len(keys) == len(set(keys))
        seqs = [event["payload"]["seq"] for event in listener.changes("back_yard")]
        assert seqs == sorted(seqs)
