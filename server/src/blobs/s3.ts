// Blobs in an S3-compatible store. Loaded only where one is configured: the SDK costs memory and start time.
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { AppError, StartError } from '../errors.ts';
import { agentEnv, type OutboundProxies } from '../net/outbound-proxy.ts';
import {
  assertBlobKey,
  assertBlobPrefix,
  type BlobDriver,
  type BlobListing,
  type BlobRead,
  type BlobSource,
  type BlobStat,
  type ByteRange,
} from './driver.ts';
import { openScratch } from './scratch.ts';

// Two parts of an upload are in memory at a time; 10,000 parts of this size are 160 GB.
const PART_BYTES = 16 * 1024 ** 2;
const PARTS_AT_ONCE = 2;
// Every download holds a connection as long as its device takes; the SDK's 50 would make the 51st device wait.
const MAX_CONNECTIONS = 1000;
const REMOVALS_AT_ONCE = 16;

interface Place {
  client: S3Client;
  bucket: string;
  /** Empty, or ending in a slash. */
  prefix: string;
}

/** `s3://bucket/prefix?region=…&endpoint=…&forcePathStyle=…`; credentials come by the SDK's usual chain. */
export async function openS3Driver(
  storageUrl: string,
  scratchDir: string,
  proxies?: OutboundProxies,
): Promise<BlobDriver> {
  const place = parseStorageUrl(storageUrl, proxies);
  const keyOf = (key: string) => {
    assertBlobKey(key);
    return place.prefix + key;
  };
  return {
    scratch: await openScratch(scratchDir),
    put: (key, source) => translateErrors(put(place, keyOf(key), source)),
    read: (key, range) => translateErrors(read(place, keyOf(key), range)),
    stat: (key) => translateErrors(statBlob(place, keyOf(key))),
    remove: (keys) => translateErrors(remove(place, keys.map(keyOf))),
    list: (prefix) => {
      assertBlobPrefix(prefix);
      return list(place, place.prefix + prefix);
    },
    ping: async () => {
      await translateErrors(place.client.send(new HeadBucketCommand({ Bucket: place.bucket })));
    },
    close: async () => place.client.destroy(),
  };
}

function parseStorageUrl(storageUrl: string, proxies?: OutboundProxies): Place {
  const { hostname: bucket, pathname, searchParams } = new URL(storageUrl);
  if (bucket === '') throw new StartError('The storage URL names no bucket: s3://bucket/prefix?region=…&endpoint=…');
  const prefix = decodeURIComponent(pathname).replace(/^\/+|\/+$/g, '');
  const endpoint = searchParams.get('endpoint');
  // S3-compatible stores rarely have a name for every bucket, so their buckets are addressed in the path.
  const forcePathStyle = (searchParams.get('forcePathStyle') ?? String(endpoint !== null)) === 'true';
  const proxyEnv = proxies && { proxyEnv: agentEnv(proxies) };
  const config: S3ClientConfig = {
    region: searchParams.get('region') ?? 'us-east-1',
    forcePathStyle,
    ...(endpoint === null ? {} : { endpoint }),
    // The SDK's newer checksum trailers are refused by many S3-compatible stores; content is checked by its name anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: 5_000,
      httpAgent: { keepAlive: true, maxSockets: MAX_CONNECTIONS, ...proxyEnv },
      httpsAgent: { keepAlive: true, maxSockets: MAX_CONNECTIONS, ...proxyEnv },
    },
  };
  return { client: new S3Client(config), bucket, prefix: prefix === '' ? '' : `${prefix}/` };
}

async function put({ client, bucket }: Place, key: string, source: BlobSource): Promise<void> {
  const body = 'path' in source ? createReadStream(source.path, { highWaterMark: 1024 ** 2 }) : source.stream;
  try {
    const params = { Bucket: bucket, Key: key, Body: body, ContentType: 'application/octet-stream' };
    // What is not finished is aborted, so that the store bills no parts of it.
    await new Upload({ client, params, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE }).done();
  } finally {
    body.destroy();
  }
}

async function read({ client, bucket }: Place, key: string, range?: ByteRange): Promise<BlobRead | undefined> {
  const asked = range === undefined ? {} : { Range: `bytes=${range.start}-${range.end}` };
  const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...asked })).catch(ignoreMissing);
  if (answer === undefined) return undefined;
  if (!(answer.Body instanceof Readable)) throw new Error('The S3 answer has no body to read');
  const total = answer.ContentRange?.split('/')[1] ?? answer.ContentLength;
  return { size: Number(total), stream: answer.Body };
}

async function statBlob({ client, bucket }: Place, key: string): Promise<BlobStat | undefined> {
  const answer = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key })).catch(ignoreMissing);
  return answer && { size: answer.ContentLength ?? 0, modified_at: answer.LastModified ?? new Date(0) };
}

// One request each: the batch call wants checksums on which the stores do not agree.
async function remove({ client, bucket }: Place, keys: readonly string[]): Promise<void> {
  for (let at = 0; at < keys.length; at += REMOVALS_AT_ONCE) {
    const batch = keys.slice(at, at + REMOVALS_AT_ONCE);
    await Promise.all(batch.map((Key) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key }))));
  }
}

async function* list({ client, bucket, prefix: root }: Place, prefix: string): AsyncGenerator<BlobListing> {
  let token: string | undefined;
  do {
    const next = token === undefined ? {} : { ContinuationToken: token };
    const page = await translateErrors(
      client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...next })),
    );
    for (const { Key = '', Size = 0, LastModified = new Date(0) } of page.Contents ?? []) {
      yield { key: Key.slice(root.length), size: Size, modified_at: LastModified };
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof Error && (error.name === 'NoSuchKey' || error.name === 'NotFound')) return undefined;
  throw error;
}

/** Gives the store's failures a name of their own; the source's pass unchanged. */
async function translateErrors<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    // The SDK marks its own errors, refused connections included.
    if (!(error instanceof Error) || !('$metadata' in error)) throw error;
    throw new AppError('storage_unavailable', 503, 'The bundle storage does not answer', {}, { cause: error });
  }
}
