import { describe, expect, test } from 'vitest';
import { deviceActions } from './actions.ts';
import { bundleFailures, bundleReports, provesUnopened, trialActions } from './bundle-reports.ts';

const known: readonly string[] = deviceActions;

test.each(known.filter((action) => /_fail$|_required$|_timeout$/.test(action)))('%s is somebody’s fault', (action) => {
  expect(bundleReports[action]?.fault).toEqual(expect.any(String));
});

test('only what devices report is classified', () => {
  expect(Object.keys(bundleReports).filter((action) => !known.includes(action))).toEqual([]);
});

describe('the guard counts', () => {
  test.each([
    ['opening', 'passed', ['download_complete']],
    ['starting', 'passed', ['set', 'app_launch_ready']],
    ['starting', 'failed', ['update_fail', 'set_fail', 'app_launch_timeout']],
  ] as const)('%s, %s', (trial, result, actions) => {
    expect(trialActions(trial, result)).toEqual(actions);
  });

  test('each failure of the bundle and of its archive in one trial, and no other', () => {
    const counted = [...trialActions('opening', 'failed'), ...trialActions('starting', 'failed')];
    const faulty = Object.keys(bundleReports).filter((action) =>
      ['bundle', 'archive'].includes(bundleReports[action]?.fault ?? ''),
    );
    expect(counted.sort()).toEqual(faulty.sort());
  });
});

test('what a key explains is a failure to open', () => {
  for (const action of provesUnopened) expect(trialActions('opening', 'failed')).toContain(action);
});

test('the automatic pause counts no archive, which may be the device’s', () => {
  expect(bundleFailures).toContain('session_key_required');
  expect(bundleFailures).not.toContain('unzip_fail');
});
