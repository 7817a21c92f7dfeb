// A push as the room takes it: what is sent, to whom, and what the caller wants to find again.

import type { Audience } from '../audience/audience.ts';
import type { Message } from './message.ts';

export interface PushRequest {
  readonly sender: string;
  readonly request_id: string;
  /** Returned in callbacks exactly as given. */
  readonly custom_args: unknown;
  readonly audience: Audience;
  readonly message: Message;
}
