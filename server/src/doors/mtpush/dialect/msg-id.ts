// Ids of messages, as callers write them.

/** An id in digits, as text or number, within what JSON numbers hold exactly. */
export function parseMsgId(value: unknown): number | undefined {
  if (typeof value !== 'number' && !(typeof value === 'string' && /^\d{1,16}$/.test(value))) return undefined;
  const id = Number(value);
  return Number.isSafeInteger(id) && id > 0 ? id : undefined;
}
