// The rules of the last word, as a table: what a device says in order, and what counts after it.

import { deviceActions } from '@overair/protocol/device/actions';
import { expect, test } from 'vitest';
import { heardRows } from './heard.ts';
import { compose, nothingMoves, otherStep, ownStep, type Signal, STEPS, signalOf, WORD } from './outcome-words.ts';

type Word = keyof typeof WORD;

const rows: [heard: string, word: Word, why: string][] = [
  ['offered', 'offered', 'the server offered it'],
  ['offered downloaded', 'downloaded', ''],
  ['offered downloaded running', 'running', ''],
  ['offered running', 'running', 'old plugins report no download'],
  ['running', 'none', 'nobody offered it: an invented start counts nowhere'],
  ['downloaded', 'none', 'nobody offered it'],
  ['start_failed', 'none', 'nobody offered it'],
  ['crashed', 'none', 'nobody offered it'],
  ['found_running', 'running', 'its channel serves what it runs'],
  ['offered bundle_failed', 'failedBundle', ''],
  ['offered bundle_failed network_failed', 'failedBundle', 'one bad download makes several failures'],
  ['offered network_failed bundle_failed', 'failedBundle', 'in any order'],
  ['offered network_failed device_failed', 'failedDevice', 'a full disk ends as a failed download'],
  ['offered device_failed network_failed', 'failedDevice', ''],
  ['offered network_failed offered', 'failedNetwork', 'a repeated offer is no success'],
  ['offered network_failed downloaded', 'downloaded', 'it tried again'],
  ['offered start_failed running', 'running', 'running beats an earlier failure'],
  ['offered running start_failed', 'crashed', 'a failure after running is a crash'],
  ['offered started', 'started', 'set, and not confirmed'],
  ['offered started running', 'running', 'the app confirmed it'],
  ['offered started start_failed', 'failedBundle', 'the plugin sets a bundle before it starts it'],
  ['offered running started', 'running', 'set once more'],
  ['offered started crashed', 'crashed', ''],
  ['offered started network_failed', 'started', 'of a download that came twice'],
  ['offered started offered', 'started', ''],
  ['offered started /running', 'replaced', ''],
  ['offered running /started', 'replaced', ''],
  ['offered start_failed started', 'started', 'it tries again'],
  ['started', 'none', 'nobody offered it'],
  ['offered running crashed', 'crashed', ''],
  ['offered running crashed running', 'running', 'the last word'],
  ['offered running network_failed', 'running', 'of a download that came twice'],
  ['offered running bundle_failed', 'running', 'of a download that came twice'],
  ['offered running downloaded', 'running', ''],
  ['offered running offered', 'running', ''],
  ['refused', 'refused', ''],
  ['offered refused', 'refused', 'withheld after all'],
  ['refused offered', 'offered', ''],
  ['offered downloaded refused', 'downloaded', 'it has it already'],
  ['offered start_failed refused', 'failedBundle', 'withheld because it failed'],
  ['offered /offered', 'replaced', 'another is offered since'],
  ['offered downloaded /offered', 'replaced', ''],
  ['refused /refused', 'replaced', ''],
  ['offered running /offered', 'running', 'until it runs the other'],
  ['offered running /running', 'replaced', ''],
  ['offered running /found_running', 'replaced', ''],
  ['offered start_failed /running', 'failedBundle', 'a failure stays one'],
  ['offered running crashed /running', 'crashed', ''],
  ['offered running /running running', 'running', 'back again'],
  ['offered /downloaded', 'offered', ''],
];

test.each(rows)('%s: %s', (heard, word) => {
  const moves = heard
    .split(' ')
    .map((each) =>
      each.startsWith('/') ? STEPS[otherStep(each.slice(1) as Signal)]!.moves : STEPS[ownStep(each as Signal)]!.moves,
    )
    .reduce(compose, nothingMoves);
  expect(Object.keys(WORD)[moves[WORD.none]!]).toBe(word);
});

const classes: Record<Signal, string[]> = {
  offered: [],
  refused: [],
  found_running: [],
  downloaded: ['download_complete', 'download_zip_complete', 'download_manifest_complete'],
  started: ['set'],
  running: ['app_launch_ready'],
  start_failed: ['set_fail', 'update_fail', 'app_launch_timeout'],
  bundle_failed: [
    ...['finish_download_fail', 'checksum_fail', 'decrypt_fail', 'session_key_required', 'checksum_required'],
    ...['download_manifest_checksum_fail', 'download_manifest_brotli_fail', 'manifest_path_fail'],
  ],
  network_failed: ['download_fail', 'download_manifest_file_fail'],
  device_failed: [
    ...['unzip_fail', 'windows_path_fail', 'canonical_path_fail', 'directory_path_fail', 'low_mem_fail'],
    'insufficient_disk_space',
  ],
  crashed: [
    ...['app_crash', 'app_crash_native', 'app_anr', 'webview_javascript_error', 'webview_unhandled_rejection'],
    ...['webview_resource_error', 'webview_security_policy_violation', 'webview_unclean_restart'],
    ...['webview_render_process_gone', 'webview_content_process_terminated'],
  ],
};

test('every action of a device is of one class or of none', () => {
  const found = Map.groupBy(deviceActions, signalOf);
  for (const [signal, actions] of Object.entries(classes)) {
    expect((found.get(signal as Signal) ?? []).toSorted(), signal).toEqual(actions.toSorted());
  }
  expect(found.get(undefined)).toContain('webview_page_loaded');
  expect(signalOf('app_crash_of_a_newer_kind')).toBe('crashed');
});

test('a batch becomes one row a device and one a bundle, whatever the order of devices', () => {
  const facts = { app_id: 'a', channel: 'c', platform: 'ios', version_build: '1.0.0', is_test: false };
  const hear = (device_id: string, signal: Signal, bundle_name: string) => ({
    ...facts,
    device_id,
    signal,
    bundle_name,
  });
  const { devices, words } = heardRows(
    [
      hear('1', 'offered', 'B'),
      hear('2', 'offered', 'B'),
      hear('1', 'running', 'B'),
      hear('1', 'running', ''),
      hear('2', 'offered', 'C'),
    ],
    () => undefined,
  );
  // Walked step by step it is the same, for every word that there may be before.
  for (const { device_id, moves, steps } of words) {
    expect(steps.map((step) => STEPS[step]!.moves).reduce(compose, nothingMoves), device_id).toEqual(moves);
  }
  for (const { others, steps } of devices) {
    expect(steps.map((step) => STEPS[step]!.moves).reduce(compose, nothingMoves)).toEqual(others);
  }
  expect(devices).toHaveLength(2);
  const wordOf = (device: string, bundle: string) =>
    words.find((each) => each.device_id === device && each.bundle_name === bundle)!.moves[WORD.none];
  expect(words).toHaveLength(3);
  expect(wordOf('1', 'B'), 'it went back to the bundle of the store').toBe(WORD.replaced);
  expect(wordOf('2', 'B')).toBe(WORD.replaced);
  expect(wordOf('2', 'C')).toBe(WORD.offered);
  const other = devices.find(({ device_id }) => device_id === '1')!.others;
  expect(other[WORD.running], 'and runs no third').toBe(WORD.replaced);
});
