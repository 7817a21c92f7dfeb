// What a device's row keeps beside its name and its sealed address.

import type { Selectable } from 'kysely';
import type { PushDevicesTable } from '../../db/tables/push.ts';

export type DeviceFacts = Partial<
  Omit<
    Selectable<PushDevicesTable>,
    'id' | 'app_id' | 'registration_id' | 'platform' | 'channel' | 'sealed' | 'target_hash' | 'secret_sealed' | 'active'
  >
>;
