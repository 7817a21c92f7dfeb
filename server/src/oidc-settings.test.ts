// Settings of sign-in: what is read, and what keeps the server from starting.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadConfig } from './config.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'overair-settings-'));
afterAll(() => rmSync(dataDir, { recursive: true }));

const load = (env: Record<string, string>) => loadConfig({ OVERAIR_DATA_DIR: dataDir, ...env });
const complete = {
  OVERAIR_OIDC_PROVIDERS: 'my-work',
  OVERAIR_OIDC_MY_WORK_ISSUER: 'https://id.example.com/realms/work',
  OVERAIR_OIDC_MY_WORK_CLIENT_ID: 'overair',
  OVERAIR_OIDC_MY_WORK_CLIENT_SECRET: 'hush-hush',
};

test('a provider has its issuer, client and domains', () => {
  expect(load({}).oidcProviders).toEqual([]);
  const { oidcProviders } = load({ ...complete, OVERAIR_OIDC_MY_WORK_ALLOWED_DOMAINS: 'Example.com, example.org' });
  expect(oidcProviders).toEqual([
    {
      id: 'my-work',
      name: 'my-work',
      issuer: 'https://id.example.com/realms/work',
      clientId: 'overair',
      clientSecret: 'hush-hush',
      allowedDomains: ['example.com', 'example.org'],
    },
  ]);
});

test.each([
  ['OVERAIR_OIDC_MY_WORK_ISSUER', ''],
  ['OVERAIR_OIDC_MY_WORK_CLIENT_SECRET', ''],
  ['OVERAIR_OIDC_MY_WORK_ISSUER', 'http://id.example.com'],
  ['OVERAIR_OIDC_MY_WORK_ISSUER', 'id.example.com'],
  ['OVERAIR_OIDC_MY_WORK_ALLOWED_DOMAINS', '*'],
  ['OVERAIR_OIDC_MY_WORK_ALLOWED_DOMAINS', '@example.com'],
  ['OVERAIR_OIDC_MY_WORK_ALLOWED_DOMAIN', 'example.com'],
  ['OVERAIR_OIDC_OTHER_ISSUER', 'https://id.example.com'],
  ['OVERAIR_OIDC_PROVIDERS', 'my-work,My Work'],
  ['OVERAIR_OIDC_PROVIDERS', 'my-work,my-work'],
])('%s of "%s" is refused by its name', (name, value) => {
  expect(() => load({ ...complete, [name]: value })).toThrow(name);
  expect(() => load({ ...complete, [name]: value })).not.toThrow('hush-hush');
});

test.each(['BETTER_AUTH_SECRET', 'BETTER_AUTH_URL', 'BETTER_AUTH_TELEMETRY', 'NEXT_PUBLIC_BETTER_AUTH_URL'])(
  '%s keeps the server from starting',
  (name) => {
    expect(() => load({ [name]: '1' })).toThrow(`${name} must not be set`);
  },
);
