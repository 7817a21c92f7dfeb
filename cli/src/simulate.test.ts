// `overair simulate`, without project and server.

import { expect, it, vi } from 'vitest';
import { simulate } from './commands/simulate.ts';
import { createUi } from './terminal/ui.ts';
import { aFolder, overair } from './testing/project.ts';

// One test starts a program; a busy machine must not fail it.
vi.setConfig({ testTimeout: 60_000 });

const PLAN = `
name: mine
steps:
  - share: 10
    least_hours: 4
    if_not_met: wait
  - share: 100
`;

it('simulates releases by a plan in YAML', async () => {
  const cwd = aFolder({ 'plan.yaml': PLAN });
  const args = ['simulate', '--plan', 'plan.yaml', '--devices', '2000', '--releases', '5', '--failing', '0.5,30'];
  const { code, json } = await overair(cwd, [...args, '--json']);
  expect(code).toBe(0);
  expect(json()).toMatchObject({
    plan: { name: 'mine', steps: [{ share: 10 }, { share: 100 }] },
    devices: 2000,
    rows: [
      { failing: 0.5, releases: 5, stopped: 0 },
      { failing: 30, releases: 5, stopped: 1, kept: 0 },
    ],
  });
});

const ui = createUi({ json: true, yes: false, interactive: false, attended: false });
const usual = { devices: '1000', plan: 'careful', failing: '2', releases: '1', seed: '1' };

it.each([
  ['a misspelt field', { plan: 'misspelt.yaml' }, 'invalid_plan', 'misspelt.yaml: steps[0].least_hour is not a field'],
  ['a broken file', { plan: 'broken.json' }, 'invalid_plan', 'broken.json is neither JSON nor YAML'],
  ['no file', { plan: './none.yaml' }, 'plan_not_found', './none.yaml cannot be read (ENOENT)'],
  ['an unknown plan', { plan: 'carefull' }, 'invalid_plan', 'There is no plan "carefull"'],
  ['half a device', { devices: '1000.5' }, 'invalid_number', '--devices takes a whole number'],
  ['an unreadable share', { failing: '2,x' }, 'invalid_percentage', '"x" is not a share'],
])('refuses %s', async (_, options, code, message) => {
  const files = { 'misspelt.yaml': PLAN.replace('least_hours', 'least_hour'), 'broken.json': '{"steps": [' };
  const context = { cwd: aFolder(files), env: {}, ui };
  const refusal = await simulate(context, { ...usual, ...options }).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code, message: expect.stringContaining(message) });
});
