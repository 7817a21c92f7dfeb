// What Google's servers answer: JSON, or nothing of use.

import { isObject } from '../../fields.ts';

export function parseAnswer(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
