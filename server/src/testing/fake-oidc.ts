// A provider of OIDC as the network shows it: discovery, keys, the code flow with PKCE and nonce. Listens on loopback.

import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

interface FakePerson {
  readonly sub: string;
  readonly email: string;
  readonly email_verified: boolean;
  readonly name: string;
}

interface Grant {
  readonly person: FakePerson;
  readonly nonce: string | null;
  readonly challenge: string | null;
  readonly redirectUri: string | null;
}

export class FakeOidc {
  /** Who is signed in at the provider, and agrees to whatever is asked. */
  person: FakePerson = { sub: '1', email: 'somebody@example.test', email_verified: true, name: 'Some Body' };
  /** How often it still says where it has its addresses. */
  discoveriesLeft = Number.POSITIVE_INFINITY;
  /** Signs with a key that nobody knows. */
  forges = false;
  readonly clientId = 'overair';
  readonly clientSecret = 'the secret of the client';
  readonly #server: Server;
  readonly #grants = new Map<string, Grant>();
  readonly #keys = Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);

  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request).then(
        (body) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body)),
        (error: Error) =>
          response.writeHead(400).end(JSON.stringify({ error: 'invalid_grant', error_description: error.message })),
      );
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What the person's browser does with the address that it is sent to: the address that it is sent back to. */
  visit(address: string): string {
    const { searchParams, origin, pathname } = new URL(address);
    const wrong =
      origin !== this.issuer || pathname !== '/authorize' || searchParams.get('client_id') !== this.clientId;
    if (wrong || searchParams.get('response_type') !== 'code') throw new Error(`No such page: ${address}`);
    if (searchParams.get('code_challenge_method') !== 'S256') throw new Error('PKCE is asked for');
    const code = randomBytes(16).toString('hex');
    this.#grants.set(code, {
      person: this.person,
      nonce: searchParams.get('nonce'),
      challenge: searchParams.get('code_challenge'),
      redirectUri: searchParams.get('redirect_uri'),
    });
    const back = new URL(searchParams.get('redirect_uri')!);
    back.searchParams.set('code', code);
    back.searchParams.set('state', searchParams.get('state')!);
    return back.href;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage): Promise<object> {
    if (request.url === '/.well-known/openid-configuration' && this.discoveriesLeft-- > 0) return this.#discovery();
    if (request.url === '/keys') return { keys: [await this.#publicKey()] };
    if (request.url === '/token') return this.#token(request);
    throw new Error(`nothing at ${request.url}`);
  }

  #discovery(): object {
    const { issuer } = this;
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
      code_challenge_methods_supported: ['S256'],
    };
  }

  async #publicKey(): Promise<JWK> {
    const [own] = await this.#keys;
    return { ...(await exportJWK(own.publicKey)), kid: 'own', alg: 'ES256', use: 'sig' };
  }

  async #token(request: IncomingMessage): Promise<object> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    const grant = this.#grants.get(form.get('code') ?? '');
    this.#grants.delete(form.get('code') ?? '');
    const verifier = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (!grant) throw new Error('unknown code');
    if (verifier !== grant.challenge) throw new Error('wrong code_verifier');
    if (form.get('redirect_uri') !== grant.redirectUri) throw new Error('another redirect_uri');
    const [own, other] = await this.#keys;
    const { sub, ...claims } = grant.person;
    const idToken = await new SignJWT({ ...claims, ...(grant.nonce !== null && { nonce: grant.nonce }) })
      .setProtectedHeader({ alg: 'ES256', kid: 'own' })
      .setIssuer(this.issuer)
      .setAudience(this.clientId)
      .setSubject(sub)
      .setIssuedAt()
      .setExpirationTime('5 minutes')
      .sign((this.forges ? other : own).privateKey);
    return { access_token: randomBytes(16).toString('hex'), token_type: 'Bearer', expires_in: 300, id_token: idToken };
  }
}
