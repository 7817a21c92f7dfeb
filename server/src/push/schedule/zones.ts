// Clocks of the world: what a zone's clock shows, and when it shows it.

const MINUTE_MS = 60_000;

/** By a name of the IANA database; a bare offset such as +02:00 is none. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * The moment at which a zone's clock shows `clock`, which is a clock time written as if it were UTC. As in RFC 5545
 * section 3.3.5: a time that the clock shows twice, when summer ends, is the first of the two; one that it skips, when
 * summer begins, is counted with the offset from before, so that 02:30 runs at 03:30.
 */
export function instantOf(clock: number, zone: string | undefined): number {
  if (zone === undefined) return clock;
  // Far enough to both sides that a change lies between them, and near enough for no second one.
  const before = zoneOffset(zone, clock - 26 * 60 * MINUTE_MS);
  const after = zoneOffset(zone, clock + 26 * 60 * MINUTE_MS);
  const shows = (offset: number) => zoneOffset(zone, clock - offset * MINUTE_MS) === offset;
  const offset = shows(before) || !shows(after) ? before : after;
  return clock - offset * MINUTE_MS;
}

/** Minutes by which the zone's clock is ahead of UTC when it shows `clock`; 0 for an unknown zone. */
export function offsetMinutes(zone: string, clock: number): number {
  return isZone(zone) ? (clock - instantOf(clock, zone)) / MINUTE_MS : 0;
}

function zoneOffset(zone: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(at);
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
  const found = /GMT([+-])(\d{2}):(\d{2})/.exec(name);
  if (!found) return 0;
  const minutes = Number(found[2]) * 60 + Number(found[3]);
  return found[1] === '-' ? -minutes : minutes;
}
