// Somebody who comes up the driveway to the front door, and a cat in the garden meanwhile.

const SECOND = 1000;
const INCIDENT = "01DRIVEWAY0000000000000000";

/** Write an event of the incident; `extra` may make it another's. */
export function writePart(server, id, source_id, name, ago, extra = {}) {
  const ts = extra.ts ?? Date.now() - ago * SECOND;
  const { payload, ...rest } = extra;
  const media = Object.fromEntries(
    ["thumbnail", "snapshot"].map((kind) => [kind, { state: "ready", url: `/api/vigilar/${rest.type ?? "person"}/${id}/${kind}` }]),
  );
  return server.write({
    id,
    type: "person",
    severity: "alert",
    source_id,
    ...rest,
    ts,
    payload: { name, incident_id: INCIDENT, phase: "ended", end_ts: ts + 20 * SECOND, media, ...payload },
  });
}

/** Write the incident, 13:00 to 13:02 before now, with something else in its midst. */
export function fillWithIncident(server) {
  writePart(server, INCIDENT, "driveway", "Driveway", 120, { severity: "warning" });
  writePart(server, "01GARDENCAT000000000000000", "garden", "Garden", 90, {
    type: "animal",
    severity: "info",
    payload: { incident_id: "01GARDENCAT000000000000000" },
  });
  writePart(server, "01PORCH0000000000000000000", "porch", "Porch", 80);
  writePart(server, "01FRONTDOOR000000000000000", "front_door", "Front door", 60, { type: "motion", severity: "info" });
}

window.fakeIncident = { INCIDENT, fillWithIncident, writePart };
