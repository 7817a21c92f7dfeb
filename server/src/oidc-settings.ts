// The owner's OIDC providers, as the environment names them.

export interface Provider {
  /** As in the address that the provider sends people back to: `/session/callback/<id>`. */
  readonly id: string;
  /** On the button. */
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Who signs in for the first time with an address of one of these gets an account. None: nobody does. */
  readonly allowedDomains: readonly string[];
}

const idPattern = /^[a-z][a-z0-9-]{0,31}$/;
const domainPattern = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/;
const LIST_NAME = 'OVERAIR_OIDC_PROVIDERS';
const fields = ['ISSUER', 'CLIENT_ID', 'CLIENT_SECRET', 'NAME', 'ALLOWED_DOMAINS'] as const;

type Env = Readonly<Record<string, string | undefined>>;

/** What is wrong is added to `problems`, one sentence each, without a secret. */
export function readProviders(env: Env, problems: string[]): Provider[] {
  const ids = listOf(env[LIST_NAME]);
  const known = new Set([LIST_NAME, ...ids.flatMap((id) => fields.map((field) => variable(id, field)))]);
  for (const name of Object.keys(env).filter((each) => each.startsWith('OVERAIR_OIDC_') && !known.has(each))) {
    problems.push(`${name} belongs to no provider of ${LIST_NAME}: add its id there, or remove the variable.`);
  }
  if (new Set(ids).size < ids.length) problems.push(`${LIST_NAME} names a provider twice.`);
  return ids.map((id) => readProvider(env, id, problems));
}

/** `my-company` has its issuer in `OVERAIR_OIDC_MY_COMPANY_ISSUER`. */
const variable = (id: string, field: string) => `OVERAIR_OIDC_${id.toUpperCase().replaceAll('-', '_')}_${field}`;

const listOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((each) => each.trim().toLowerCase())
    .filter((each) => each !== '');

function readProvider(env: Env, id: string, problems: string[]): Provider {
  if (!idPattern.test(id) || id === 'credential') {
    problems.push(`${LIST_NAME} must be ids of lowercase letters, digits and dashes, not "${id}".`);
  }
  const required = (field: (typeof fields)[number]) => {
    const value = env[variable(id, field)] ?? '';
    if (value === '') problems.push(`${variable(id, field)} must be set for the provider "${id}".`);
    return value;
  };
  const issuer = required('ISSUER');
  if (issuer !== '' && !isIssuer(issuer)) {
    problems.push(
      `${variable(id, 'ISSUER')} must be an https address, as the provider's documentation names its issuer.`,
    );
  }
  const allowedDomains = listOf(env[variable(id, 'ALLOWED_DOMAINS')]);
  const odd = allowedDomains.find((domain) => !domainPattern.test(domain));
  if (odd !== undefined) {
    problems.push(`${variable(id, 'ALLOWED_DOMAINS')} must be domains such as example.com, not "${odd}".`);
  }
  const name = env[variable(id, 'NAME')] || id;
  return {
    id,
    name,
    issuer,
    clientId: required('CLIENT_ID'),
    clientSecret: required('CLIENT_SECRET'),
    allowedDomains,
  };
}

/** Plain http is for a provider on this machine. */
function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, search, hash } = new URL(text);
  const isLocal =
    protocol === 'http:' && (hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]');
  return (protocol === 'https:' || isLocal) && search === '' && hash === '';
}
