// Rehearses a call that moves phones, whichever it is, and shows what would become of it.

import type { Rehearsal, Serving } from '@overair/protocol/manage/rehearsal';
import { allows } from '../../accounts/permissions.ts';
import type { Rehearsals, Rehearsed } from '../../rehearsal/rehearse.ts';
import type { TouchedChannel } from '../../rehearsal/review.ts';
import type { Call, MovingRoute } from './route.ts';

/** As the plain call would answer: what its schema does not declare is dropped. */
export const shownAnswer = (by: Call<unknown>, route: MovingRoute, answer: unknown): Record<string, unknown> =>
  JSON.parse(by.serialize(route.answer, answer as object)) as Record<string, unknown>;

interface RehearseOptions {
  readonly replay_hours?: number | undefined;
  /** It is rehearsed as if a second person agreed. */
  readonly isApproved?: true;
}

interface RehearsedCall {
  readonly app_id: string;
  readonly org_id: string;
  readonly rehearsed: Rehearsed;
  readonly shown: Rehearsal;
}

export async function rehearseCall(
  rehearsals: Rehearsals,
  route: MovingRoute,
  by: Call<unknown>,
  fields: Record<string, unknown>,
  { replay_hours, isApproved }: RehearseOptions,
): Promise<RehearsedCall> {
  const asked = await route.ask(by, by.db, fields);
  const call = isApproved ? { ...asked, grant: { ...asked.grant, isApproved } } : asked;
  // Every call that moves phones names its app.
  const { app_id } = call.input as { app_id: string };
  const change = (trx: Call<unknown>['db']) => route.run({ ...call, db: trx });
  const rehearsed = await rehearsals.rehearse({ app_id, change, replay_hours });
  return {
    app_id,
    org_id: call.grant.org_id,
    rehearsed,
    shown: show(app_id, rehearsed, allows(call.grant, 'app.read_devices')),
  };
}

function show(app_id: string, rehearsed: Rehearsed, mayReadDevices: boolean): Rehearsal {
  const { touched, tally, bytes, replay } = rehearsed;
  const shown = <Row extends { examples: string[] }>(rows: readonly Row[]) =>
    rows.map((row) => (mayReadDevices ? row : { ...row, examples: [] }));
  const refused = shown(tally.refused);
  return {
    app_id,
    channels: touched.map(({ channel, before, after }) => ({
      channel,
      before: serving(before),
      after: serving(after),
    })),
    devices: tally.devices,
    moves: shown(tally.moves),
    pending: shown(tally.pending),
    held_back: shown(tally.held_back),
    refused: Object.fromEntries(refused.map(({ code, devices }) => [code, devices])),
    refused_examples: Object.fromEntries(refused.map(({ code, examples }) => [code, examples])),
    left_behind: shown(tally.left_behind),
    bytes,
    ...(replay && { replay: replayed(replay) }),
  };
}

const serving = (served: TouchedChannel['before']): Serving | null =>
  served && { ...served, updated_at: served.updated_at.toISOString() };

const replayed = ({
  from,
  to,
  checked,
  hours,
}: NonNullable<Rehearsed['replay']>): NonNullable<Rehearsal['replay']> => ({
  from: from.toISOString(),
  to: to.toISOString(),
  checked,
  hours: hours.map(({ at, moves }) => ({ at: at.toISOString(), moves })),
});
