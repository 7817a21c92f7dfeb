// Who may do what on the push side of an app and on groups: the second half of the permission table.

import type { Right } from '../../../accounts/rights.ts';
import type { Entry } from './permission-table.ts';

const app_id = '{TARGET}';
const orgId = '{TARGET}';
const group_key = 'a'.repeat(24);

const push = { to: 'all', body: { platform: 'all', notification: { alert: 'x' } } };

const cannotAccessApp = { status: 400, code: 'cannot_access_app' };
const cannotAccessOrg = { status: 403, code: 'invalid_org_id' };

const ofApp = (route: string, least: Right, body?: object): Entry => {
  const path = route.split(' ')[1]!;
  const input = body ? { body: { app_id, ...body } } : { url: `${path}?app_id={TARGET}` };
  return { route, on: 'app', least, insufficient: cannotAccessApp, unseen: cannotAccessApp, ...input };
};

const ofOrg = (route: string, least: Right, body?: object): Entry => {
  const path = route.split(' ')[1]!;
  const input = body ? { body: { orgId, ...body } } : { url: `${path}?orgId={TARGET}` };
  return { route, on: 'org', least, insufficient: cannotAccessOrg, unseen: cannotAccessOrg, ...input };
};

export const pushPermissionTable: Entry[] = [
  { ...ofApp('POST /push/release', 'upload', { channel: 'production' }), channel: 'production' },
  ofApp('GET /push/messages', 'read'),
  { ...ofApp('GET /push/message', 'read'), url: '/push/message?app_id={TARGET}&msg_id=1' },
  ofApp('POST /push/reach', 'read', { push }),
  ofApp('POST /push/send', 'write', { push }),
  ofApp('GET /push/statistics', 'read'),
  ofApp('GET /push/app', 'read'),
  ofApp('POST /push/app', 'write', {}),
  ofApp('PUT /push/app', 'write', { enabled: true }),
  ofApp('POST /push/app/rotate', 'write', {}),
  ofApp('PUT /push/credential', 'write', { channel: 'fcm', credential: {} }),
  ofApp('DELETE /push/credential', 'write', { channel: 'fcm' }),
  ofApp('POST /push/resume', 'write', { channel: 'fcm' }),
  ofApp('PUT /push/callback', 'write', { url: 'not a url' }),
  ofApp('DELETE /push/callback', 'write', {}),
  ofApp('GET /push/segment', 'read'),
  ofApp('POST /push/segment', 'write', { name: 'all', audience: {} }),
  ofApp('DELETE /push/segment', 'write', { segment_id: 'none' }),
  ofOrg('GET /push/group', 'read'),
  { ...ofOrg('GET /push/group/message', 'read'), url: '/push/group/message?orgId={TARGET}&group_msgid=none' },
  ofOrg('POST /push/group/reach', 'read', { group_key, push }),
  ofOrg('POST /push/group/send', 'admin', { group_key, push }),
  ofOrg('POST /push/group', 'admin', { name: 'group' }),
  ofOrg('PUT /push/group', 'admin', { group_key, name: 'x' }),
  ofOrg('DELETE /push/group', 'admin', { group_key }),
  ofOrg('POST /push/group/rotate', 'admin', { group_key }),
  ofOrg('PUT /push/group/callback', 'admin', { group_key, url: 'not a url' }),
];
