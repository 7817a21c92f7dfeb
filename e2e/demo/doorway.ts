// An address that opens the console of the demo signed in: it hands over the cookie of an account that was made for it. Browsers do not
// tell cookies of two ports of one host apart.

import { createServer } from 'node:http';
import { freePort, type RunningServer } from '../processes.ts';

const OWNER = { email: 'owner@example.com', name: 'Demo owner', password: 'only for this demo, really' };

/** Answers with the address. It ends with the process. */
export async function openDoorway({ url, adminKey = '' }: RunningServer): Promise<string> {
  const answer = await fetch(`${url}/session/setup`, {
    method: 'POST',
    headers: { authorization: adminKey },
    body: JSON.stringify(OWNER),
  });
  if (!answer.ok) throw new Error(`The demo's account could not be made: ${await answer.text()}`);
  const cookies = answer.headers.getSetCookie();
  const port = await freePort();
  const doorway = createServer((_request, response) => {
    response.writeHead(302, { location: `${url}/ui`, 'set-cookie': cookies }).end();
  });
  await new Promise<void>((resolve) => doorway.listen(port, 'localhost', resolve));
  doorway.unref();
  return `http://localhost:${port}`;
}
