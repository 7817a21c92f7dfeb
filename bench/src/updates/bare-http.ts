// The floor of /updates: Node's own server, which parses the body and answers a constant.

import { createServer } from 'node:http';
import { noNews, offer } from './questions.ts';

const answers: Record<string, string> = { '/updates': JSON.stringify(noNews), '/offer': JSON.stringify(offer) };

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    if (chunks.length > 0) JSON.parse((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString());
    const text = answers[request.url ?? ''] ?? '{}';
    const length = String(Buffer.byteLength(text));
    response.writeHead(200, ['content-type', 'application/json; charset=utf-8', 'content-length', length]);
    response.end(text);
  });
});
server.listen(Number(process.env['PORT']), '127.0.0.1');
process.once('SIGTERM', () => process.exit());
