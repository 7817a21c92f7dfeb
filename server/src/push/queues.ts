// The names of the push room's job queues.

export const WALK_QUEUE = 'push-walk';
export interface WalkJob {
  readonly app_id: string;
  readonly msg_id: number;
  readonly first_shard: number;
}

export const RETRY_QUEUE = 'push-retry';
export const SCHEDULE_QUEUE = 'push-schedule';
export const CALLBACK_QUEUE = 'push-callback';
export const RESUME_QUEUE = 'push-resume';
export const RETENTION_QUEUE = 'push-retention';
