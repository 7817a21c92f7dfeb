// One call to the measured server, as an owner or a sender makes it. Throws unless it is answered with success.

import type { Contender } from '../contender.ts';

export async function call<Answer>(
  server: Contender,
  method: string,
  path: string,
  authorization: string,
  body?: object,
): Promise<Answer> {
  const headers = { authorization, 'content-type': 'application/json' };
  const url = `http://127.0.0.1:${server.port}${path}`;
  const answer = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text) as Answer;
}
