// Chooses the blob driver that the storage URL names.
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartError } from '../errors.ts';
import type { OutboundProxies } from '../net/outbound-proxy.ts';
import type { BlobDriver } from './driver.ts';
import { openFsDriver } from './fs.ts';

/**
 * `file:///a%20folder` (a URL), `file:/a folder` (a plain path, which may hold any character), or
 * `s3://bucket/prefix?region=…&endpoint=…&forcePathStyle=…`, whose uploads on their way wait below `dataDir`.
 */
export async function openBlobs(storageUrl: string, dataDir: string, proxies?: OutboundProxies): Promise<BlobDriver> {
  if (storageUrl.startsWith('file:')) return openFolder(storageUrl);
  if (!storageUrl.startsWith('s3:')) throw new StartError('The storage URL must begin with file: or s3:');
  const { openS3Driver } = await import('./s3.ts');
  return openS3Driver(storageUrl, join(dataDir, 'incoming'), proxies);
}

async function openFolder(storageUrl: string): Promise<BlobDriver> {
  const isUrl = storageUrl.startsWith('file://');
  const folder = isUrl ? fileURLToPath(storageUrl) : resolve(storageUrl.slice('file:'.length));
  try {
    return await openFsDriver(folder);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(`The storage folder ${folder} cannot be used: ${reason}`, { cause });
  }
}
