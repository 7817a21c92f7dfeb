// An authenticator with passkeys, as a browser and its security chip make one together: real keys, real signatures
// (Web Authentication Level 3, attestation "none", ES256). What it leaves out is the person, whose finger is a flag.

import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';

interface Passkey {
  readonly id: Buffer;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  counter: number;
}

interface Options {
  readonly challenge: string;
  readonly rpId?: string;
  readonly rp?: { readonly id: string };
}

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest();

export class FakeAuthenticator {
  /** Whether the person gives a PIN, a finger or a face, or only touches it. */
  verifiesUser = true;
  origin: string;
  readonly passkey: Passkey;

  constructor(origin: string) {
    this.origin = origin;
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.passkey = { id: randomBytes(16), privateKey, publicKey, counter: 0 };
  }

  /** For `navigator.credentials.create`. */
  register({ challenge, rp }: Options): object {
    const authData = this.#authData(rp!.id, true);
    // {"fmt": "none", "attStmt": {}, "authData": bytes}
    const attestationObject = Buffer.concat([
      Buffer.from('a3', 'hex'),
      text('fmt'),
      text('none'),
      text('attStmt'),
      Buffer.from('a0', 'hex'),
      text('authData'),
      bytes(authData),
    ]);
    return this.#credential({
      clientDataJSON: this.#clientData('webauthn.create', challenge).toString('base64url'),
      attestationObject: attestationObject.toString('base64url'),
      transports: ['internal'],
    });
  }

  /** For `navigator.credentials.get`. */
  answer({ challenge, rpId }: Options): object {
    this.passkey.counter += 1;
    const authData = this.#authData(rpId!, false);
    const clientData = this.#clientData('webauthn.get', challenge);
    const signature = createSign('sha256')
      .update(Buffer.concat([authData, sha256(clientData)]))
      .sign(this.passkey.privateKey);
    return this.#credential({
      clientDataJSON: clientData.toString('base64url'),
      authenticatorData: authData.toString('base64url'),
      signature: signature.toString('base64url'),
    });
  }

  #credential(response: object): object {
    const id = this.passkey.id.toString('base64url');
    return { id, rawId: id, type: 'public-key', response, clientExtensionResults: {} };
  }

  #clientData(type: string, challenge: string): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.origin, crossOrigin: false }));
  }

  #authData(rpId: string, isNew: boolean): Buffer {
    const flags = 0x01 | (this.verifiesUser ? 0x04 : 0) | (isNew ? 0x40 : 0);
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(this.passkey.counter);
    const head = Buffer.concat([sha256(rpId), Buffer.from([flags]), counter]);
    return isNew ? Buffer.concat([head, this.#attested()]) : head;
  }

  #attested(): Buffer {
    const { id, publicKey } = this.passkey;
    const { x, y } = publicKey.export({ format: 'jwk' });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(id.length);
    // COSE: {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
    const key = Buffer.concat([
      Buffer.from('a5010203262001', 'hex'),
      Buffer.from('21', 'hex'),
      bytes(Buffer.from(x!, 'base64url')),
      Buffer.from('22', 'hex'),
      bytes(Buffer.from(y!, 'base64url')),
    ]);
    return Buffer.concat([Buffer.alloc(16), length, id, key]);
  }
}

/** CBOR, RFC 8949: text of less than 24 bytes. */
const text = (value: string) => Buffer.concat([Buffer.from([0x60 + value.length]), Buffer.from(value)]);

function bytes(value: Buffer): Buffer {
  const head =
    value.length < 256 ? Buffer.from([0x58, value.length]) : Buffer.from([0x59, value.length >> 8, value.length & 255]);
  return Buffer.concat([head, value]);
}
