// Why the push room says no: typed, in its own words. A door renders them in its dialect.

import { AppError } from '../errors.ts';

const CATALOGUE = {
  field_missing: [400, 'A required field is missing'],
  field_invalid: [400, 'The value of a field is invalid'],
  field_type: [400, 'A field has the wrong type'],
  field_unknown: [400, 'There is no such field'],
  too_large: [400, 'The message is too large'],
  disabled: [401, 'Push is switched off'],
  no_target: [400, 'No target fits the audience'],
  unknown_device: [400, 'No device of this app has the registration_id'],
  unknown_message: [400, 'There is no such message'],
  not_replaceable: [400, 'There is no such message to replace'],
  too_many: [400, 'There are too many already'],
  rate_limited: [400, 'Too many requests'],
  schedule_invalid: [400, 'The trigger of the schedule is invalid'],
  unknown_schedule: [404, 'There is no such schedule'],
} as const satisfies Record<string, readonly [status: number, sentence: string]>;

type Refusal = keyof typeof CATALOGUE;

/** `where` names the field and the reason. The error's code is `push_<refusal>`. */
export function refuse(refusal: Refusal, where?: string): AppError {
  const [status, sentence] = CATALOGUE[refusal];
  return new AppError(`push_${refusal}`, status, where ? `${sentence}: ${where}` : sentence, { refusal, where });
}

export interface Refused {
  readonly refusal: Refusal;
  /** The field and the reason. */
  readonly where: string | undefined;
}

/** Undefined for a failure of another kind. */
export function refusalOf(error: unknown): Refused | undefined {
  if (!(error instanceof AppError)) return undefined;
  const { refusal, where } = error.detail;
  if (typeof refusal !== 'string' || !(refusal in CATALOGUE)) return undefined;
  return { refusal: refusal as Refusal, where: typeof where === 'string' ? where : undefined };
}

export const isRefusal = (error: unknown): boolean => refusalOf(error) !== undefined;
