// GET /openapi.json describes every management route from the very schemas that check and write it; /docs shows it to people.

import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addRoute } from '../route.ts';
import { type ApiDescription, docsPage, docsPolicy } from './docs-page.ts';

const tags: Record<string, string> = {
  app: 'Apps',
  bundle: 'Bundles: what devices run',
  channel: 'Channels: which devices get which bundle',
  attention: 'What needs somebody, the most urgent first',
  server: 'The server itself: its backups and processes',
  release: 'Releases: what channels served, and what their guard knows',
  polled: 'Numbers that the server asks for',
  withheld: 'Bundles that are withheld where they failed',
  rollback: 'The way back to the release that was kept last',
  rehearse: 'Rehearsal: who would move, before anything does',
  freeze: 'Freezes: times in which nothing new is released',
  approval: 'Approvals: changes that take a second person',
  prepare: 'A change, rehearsed and kept for its commit',
  commit: 'A change as it was reviewed, made once',
  device: 'Devices and their overrides',
  organization: 'Organizations, members, audit log',
  invitation: 'Taking up an invitation',
  apikey: 'API keys',
  connect: 'Keys for programs, approved in a browser',
  statistics: 'Statistics',
  webhooks: 'Webhooks and their deliveries',
  push: 'Push: settings, credentials, groups, numbers',
};

/** Call before the routes are added: it listens to them. */
export async function describeRoutes(app: FastifyInstance, publicUrl: string, version: string): Promise<void> {
  await app.register(swagger, {
    hideUntagged: true,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Overair management API',
        version,
        description: 'Apps, bundles, channels, devices, organizations, keys, statistics and webhooks.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: publicUrl }],
      tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: {
          key: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'capgkey and authorization do too' },
        },
      },
    },
  });
}

/** Both are made once: the routes do not change while the server runs. */
export function descriptionRoutes(app: FastifyInstance): void {
  let description: string | undefined;
  const pages = new Map<string, string>();
  const openapi = (reply: FastifyReply) => {
    description ??= JSON.stringify(app.swagger());
    return reply.type('application/json').send(description);
  };
  const docs = (request: FastifyRequest, reply: FastifyReply) => {
    const isFolder = request.originalUrl.split('?', 1)[0]?.endsWith('/');
    const href = isFolder ? '../openapi.json' : 'openapi.json';
    const page = pages.get(href) ?? docsPage(app.swagger() as unknown as ApiDescription, href);
    pages.set(href, page);
    return reply.type('text/html; charset=utf-8').header('content-security-policy', docsPolicy).send(page);
  };
  addRoute(app, { method: 'GET', url: '/openapi.json', auth: 'anybody', run: (_request, reply) => openapi(reply) });
  addRoute(app, { method: 'GET', url: '/docs', auth: 'anybody', run: docs });
}
