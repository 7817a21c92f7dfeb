// Production serves 1.0.0 and rolls out 1.0.1 (docs/protocol/device.md §12.4).

import { ask, type Row, type State } from './row.ts';

const rollout = (change: Record<string, unknown> = {}): State => ({
  channels: {
    production: { rollout_version: '1.0.1', rollout_enabled: true, rollout_percentage_bps: 10_000, ...change },
  },
});
const paused = { rollout_paused_at: new Date('2026-01-01') };
const elsewhere = {
  channels: { beta: { rollout_version: '1.0.1', rollout_enabled: true, rollout_percentage_bps: 100 } },
};

export const rolloutRows: readonly Row[] = [
  {
    id: 'R1',
    title: 'everybody',
    state: rollout(),
    steps: [{ body: ask({ version_name: '0.9.0' }), offered: '1.0.1' }],
  },
  {
    id: 'R2',
    title: 'nobody',
    state: rollout({ rollout_percentage_bps: 0 }),
    steps: [{ body: ask({ version_name: '0.9.0' }), offered: '1.0.0' }],
  },
  {
    id: 'R3',
    title: 'nobody, not even who has it',
    state: rollout({ rollout_percentage_bps: 0 }),
    steps: [
      { body: ask({ version_name: '1.0.1' }), offered: '1.0.0' },
      { change: elsewhere, body: ask({ version_name: '1.0.1' }), refused: 'no_new_version_available/up_to_date' },
    ],
  },
  {
    id: 'R4',
    title: 'paused: who has it keeps it',
    state: rollout(paused),
    steps: [{ body: ask({ version_name: '1.0.1' }), refused: 'no_new_version_available/up_to_date' }],
  },
  {
    id: 'R5',
    title: 'paused: nobody new',
    state: rollout(paused),
    steps: [{ body: ask({ version_name: '0.9.0' }), offered: '1.0.0' }],
  },
  {
    id: 'R6',
    title: 'switched off',
    state: rollout({ rollout_enabled: false }),
    steps: [{ body: ask({ version_name: '1.0.1' }), offered: '1.0.0' }],
  },
  {
    id: 'R7',
    title: 'a device keeps its place when it asks again',
    state: rollout({ rollout_percentage_bps: 5_000, rollout_id: '00000000-0000-4000-8000-000000000000' }),
    steps: [
      { body: ask({ version_name: '0.9.0' }), offered: '1.0.1', times: 3 },
      {
        change: rollout({ rollout_percentage_bps: 10_000 }),
        body: ask({ version_name: '0.9.0' }),
        offered: '1.0.1',
      },
    ],
  },
  {
    id: 'R10',
    title: 'the bundle was deleted',
    state: { ...rollout(), bundles: { '1.0.1': { deleted: true } } },
    steps: [{ body: ask({ version_name: '0.9.0' }), offered: '1.0.0' }],
  },
];
