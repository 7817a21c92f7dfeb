// Whether phones can reach what they will be told: asked from the browser, which is where a phone would be.

import { useQuery } from '@tanstack/react-query';
import { serverUrl } from '../../base-path.ts';
import { Mark } from '../../ui/mark.tsx';
import { Answered } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';

/** What a phone cannot use: this very machine, and connections without encryption. */
function faultOf(address: string): 'setUp.address.local' | 'setUp.address.plain' | undefined {
  const { hostname, protocol } = new URL(address);
  if (/^(localhost|127\.|\[::1\])/.test(hostname)) return 'setUp.address.local';
  return protocol === 'https:' ? undefined : 'setUp.address.plain';
}

export function AddressCheck() {
  const { t } = useWords();
  const query = useQuery({ queryKey: ['ok'], queryFn: async () => (await fetch(`${serverUrl}/ok`)).ok });
  const fault = faultOf(serverUrl);
  return (
    <Answered query={query} rows={1}>
      {(isOk) => (
        <>
          <p>
            <code>{serverUrl}</code>{' '}
            <Mark tone={isOk && fault === undefined ? 'good' : 'warn'}>
              {isOk ? t('setUp.address.answers') : t('setUp.address.silent')}
            </Mark>
          </p>
          {fault && <p>{t(fault)}</p>}
        </>
      )}
    </Answered>
  );
}
