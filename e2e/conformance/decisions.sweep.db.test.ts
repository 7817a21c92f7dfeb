// The vendor's own answers to thousands of requests, through HTTP.

import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../server/src/testing/server.ts';
import { allowSeveralPublicChannels, loadVectorState } from './load-state.ts';
import { type Ask, runCase } from './run-case.ts';
import { groupCases, readVectors } from './vectors.ts';

const vectors = readVectors(fileURLToPath(new URL('../../vectors/decisions', import.meta.url)));
let server: TestServer;
let ask: Ask;

beforeAll(async () => {
  server = await startTestServer();
  await allowSeveralPublicChannels(server.database);
  for (const state of vectors.states) await loadVectorState(server.database, server.orgId, state);
  ask = async ({ method, url, body }) => {
    const answer = await server.ask({
      method: method as 'POST',
      url,
      ...(body !== undefined && { payload: body, headers: { 'content-type': 'application/json' } }),
    });
    return { status: answer.statusCode, text: answer.body };
  };
});
afterAll(() => server.close());

for (const [state, cases] of Map.groupBy(vectors.cases, (each) => each.state)) {
  describe(state, () => {
    for (const steps of groupCases(cases)) {
      test(steps.map((each) => each.id).join(' '), async () => {
        for (const step of steps) {
          const { why } = await runCase(step, ask);
          expect(why, JSON.stringify(step)).toBeUndefined();
        }
      });
    }
  });
}
