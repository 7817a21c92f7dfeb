import { expect, test } from 'vitest';
import { openLog } from './log.ts';

test('one line a second and cause, and the next one says how many were left out', () => {
  const lines: { level: number; msg: string; repeated?: number }[] = [];
  let nowMs = 0;
  const log = openLog('info', false, { to: { write: (line) => lines.push(JSON.parse(line)) }, nowMs: () => nowMs });
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  for (let n = 0; n < 1000; n++) log.error({ err: refused, reqId: String(n) }, 'a device could not be answered');
  log.error({ err: new Error('another') }, 'a device could not be answered');
  log.warn('something else');
  for (let n = 0; n < 3; n++) log.info('news are no complaints');
  expect(lines.map(({ msg }) => msg)).toEqual([
    'a device could not be answered',
    'a device could not be answered',
    'something else',
    ...Array(3).fill('news are no complaints'),
  ]);
  nowMs = 1_000;
  log.child({ door: 'device' }).error({ err: refused }, 'a device could not be answered');
  log.warn('something else');
  expect(lines.slice(6)).toMatchObject([{ repeated: 999, door: 'device' }, { msg: 'something else' }]);
  expect(lines.at(-1)?.repeated).toBeUndefined();
});

test.each([
  ['/updates?key=secret', '/updates'],
  ['/ui/invite/secret', '/ui/invite/(hidden)'],
  ['/behind/ui/invite/secret/?a=b', '/behind/ui/invite/(hidden)/'],
])('the path of a request holds no secret: %s', (url, path) => {
  const lines: { req: object }[] = [];
  openLog('info', false, { to: { write: (line) => lines.push(JSON.parse(line)) } }).info({
    req: { method: 'GET', url },
  });
  expect(lines[0]?.req).toEqual({ method: 'GET', path });
});
