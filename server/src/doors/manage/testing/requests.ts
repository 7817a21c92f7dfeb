// Short forms of the requests that conformance rows are made of.

import { expect } from 'vitest';
import type { Step } from './steps.ts';

type Holds = object | undefined;

const withBody =
  (method: 'POST' | 'PUT' | 'DELETE') =>
  (url: string, body: unknown, status: number, holds?: Holds): Step => ({
    method,
    url,
    body,
    status,
    ...(holds && { holds }),
  });

export const get = (url: string, status: number, holds?: Holds): Step => ({ url, status, ...(holds && { holds }) });
export const post = withBody('POST');
export const put = withBody('PUT');
export const del = withBody('DELETE');

/** The same request with another key. */
export const as = (key: string, step: Step): Step => ({ ...step, as: key });

export const saveChannel = (name: string, settings: object, status = 200, holds?: Holds) =>
  post('/channel', { app_id: '{APP}', channel: name, ...settings }, status, holds);

export const channelShows = (name: string, holds: object) => get(`/channel?app_id={APP}&channel=${name}`, 200, holds);

export const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/);
export const int = expect.any(Number);
