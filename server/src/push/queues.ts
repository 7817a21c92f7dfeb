// The names of the push room's job queues.

export const WALK_QUEUE = 'push-walk';
export const RETRY_QUEUE = 'push-retry';
export const SCHEDULE_QUEUE = 'push-schedule';
export const CALLBACK_QUEUE = 'push-callback';
export const RESUME_QUEUE = 'push-resume';
export const RETENTION_QUEUE = 'push-retention';
