// What people did in the last days, as an administrator reads it.

const MINUTE = 60_000;

export const EVENT = "01VISITOR00000000000000000";

/** Let a server of the panel's pages answer for the audit; return its rows, newest first. */
export function audit(server) {
  const rows = [];
  server.audit = rows;
  const answer = ({ before = Infinity, user_id, action, limit }) => {
    if (server.auditRefusal) throw server.auditRefusal;
    const found = rows.filter(
      (row) =>
        row.id < before &&
        (user_id === undefined || row.user_id === user_id) &&
        (action === undefined || row.action === action),
    );
    const shown = found.slice(0, limit);
    const events = {};
    for (const { event_id: id } of shown) {
      const event = server.events.get(id);
      if (event) events[id] = { ts: event.ts, type: event.type, severity: event.severity, name: event.payload.name };
    }
    const last = new Map([...rows].reverse().map(({ user_id: id, name }) => [id, name]));
    const doers = [...last].map(([id, name]) => ({ user_id: id, name }));
    return { rows: shown, events, more: found.length > limit, ...(before === Infinity && { doers }) };
  };
  server.commands["vigilar/audit/page"] = async (message) => {
    server.sent.push(message);
    return answer(message);
  };
  return rows;
}

/** Add what somebody did, `minutes` ago; each is newer than those before. */
export function did(server, minutes, name, action, more = {}) {
  const row = {
    id: server.audit.length + 1,
    // One clock for all, so that what was done at once has one time.
    ts: (server.auditNow ??= Date.now()) - minutes * MINUTE,
    user_id: name.toLowerCase(),
    name,
    action,
    event_id: EVENT,
    source_id: "front_door",
    detail: "",
    ...more,
  };
  server.audit.unshift(row);
}

/** What people do in two days. */
export function fillAudit(server) {
  audit(server);
  did(server, 1900, "", "protected");
  did(server, 1700, "Ben", "exported", { event_id: null, source_id: "driveway", detail: "driveway_2026-11-22_08-40.mp4" });
  did(server, 1699, "Ben", "viewed", { event_id: null, source_id: "driveway", detail: "driveway_2026-11-22_08-40.mp4" });
  for (let number = 0; number < 12; number++) {
    did(server, 1500, "Anna", "deleted", { event_id: `01GONE${String(number).padStart(20, "0")}`, source_id: null });
  }
  did(server, 200, "Anna", "reviewed", { event_id: null, source_id: null, detail: "31" });
  did(server, 60, "Anna", "viewed", { event_id: "01GONE00000000000000000001", source_id: "garden", detail: "snapshot" });
  for (const event of server.newest().slice(0, 3)) did(server, 20, "Ben", "reviewed", { event_id: event.id, source_id: null });
  did(server, 14, "Anna", "viewed", { detail: "clip" });
  did(server, 13.5, "Anna", "judged", { detail: "person" });
  did(server, 13, "Anna", "noted");
  did(server, 4, "Ben", "judged");
  did(server, 2, "Ben", "exported", { detail: "front_door_visitor.zip" });
}

window.fakeAudit = { EVENT, audit, did, fillAudit };
