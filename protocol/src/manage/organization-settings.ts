// Settings of an organization that are stored as they come; name, logo, website and the like have rules of their own in
// server/src/accounts/change-organization.ts.
import type { Settings } from './setting.ts';

export const organizationSettings = {
  require_apikey_expiration: {
    type: 'switch',
    default: false,
    label: 'Expiring keys',
    about: 'API keys must have an end',
    off: 'API keys may be without an end',
  },
  max_apikey_expiration_days: {
    type: 'whole',
    min: 1,
    max: 365,
    default: null,
    label: 'Life of keys',
    about: 'the most days that an API key may last; null: any number',
    invalid: {
      code: 'invalid_max_expiration_days',
      message: 'Maximum expiration days must be between 1 and 365',
      late: true,
    },
  },
  enforce_hashed_api_keys: {
    type: 'switch',
    default: false,
    label: 'Hashed keys',
    about: 'API keys that were made as plain ones open nothing',
    off: 'API keys that were made as plain ones work',
  },
  enforce_encrypted_bundles: {
    type: 'switch',
    default: false,
    label: 'Encryption',
    about: 'bundles that are not encrypted are refused',
    off: 'bundles need not be encrypted',
  },
  required_encryption_key: {
    type: 'text',
    minLength: 20,
    maxLength: 21,
    default: null,
    label: 'Encryption key',
    about: 'fingerprint of the only key that bundles may be encrypted with; null: any key',
    invalid: {
      code: 'invalid_required_encryption_key',
      message: 'Encryption key fingerprint must be 20 or 21 characters',
      late: true,
    },
  },
  enforcing_2fa: {
    type: 'switch',
    default: false,
    label: 'Two factors',
    about: 'members must sign in with two factors',
    off: 'members may sign in with one factor',
  },
} as const satisfies Settings;

export type OrganizationSettings = typeof organizationSettings;
