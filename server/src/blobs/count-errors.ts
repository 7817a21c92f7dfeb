// A blob driver that counts what fails, whichever store is behind it.

import type { BlobDriver } from './driver.ts';

type Operation = 'put' | 'read' | 'stat' | 'remove' | 'list' | 'ping';

/** What a blob that is not there answers is no failure. */
export function countErrors(driver: BlobDriver, onError: (operation: Operation) => void): BlobDriver {
  const counted = async <T>(operation: Operation, result: Promise<T>): Promise<T> => {
    try {
      return await result;
    } catch (error) {
      onError(operation);
      throw error;
    }
  };
  return {
    scratch: driver.scratch,
    put: (key, source) => counted('put', driver.put(key, source)),
    read: (key, range) => counted('read', driver.read(key, range)),
    stat: (key) => counted('stat', driver.stat(key)),
    remove: (keys) => counted('remove', driver.remove(keys)),
    async *list(prefix) {
      try {
        yield* driver.list(prefix);
      } catch (error) {
        onError('list');
        throw error;
      }
    },
    ping: () => counted('ping', driver.ping()),
    close: () => driver.close(),
  };
}
