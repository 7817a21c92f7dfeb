// Revokes a key: whoever uses it is refused at once.

import type { ApiKey } from '@overair/protocol/manage/apikey';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { ActSheet } from '../../shell/act-sheet.tsx';
import { Button } from '../../ui/button.tsx';
import { useNow } from '../../ui/now.ts';
import { useWords } from '../../words/words.tsx';

export function RevokeKey({ apiKey: { id, name, last_used_at } }: { apiKey: ApiKey }) {
  const { t, ago } = useWords();
  const now = useNow();
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button kind="quiet" onClick={() => setIsOpen(true)}>
        {t('keys.revoke', { name })}
      </Button>
      {isOpen && (
        <ActSheet
          act={{
            title: t('keys.revoke.title', { name }),
            consequence:
              last_used_at === null
                ? t('keys.revoke.unused')
                : t('keys.revoke.consequence', { ago: ago(last_used_at, now) }),
            wayBack: t('keys.revoke.wayBack'),
            confirm: t('keys.revoke', { name }),
            isDanger: true,
            done: t('keys.revoke.done', { name }),
            command: `overair apikey delete ${id}`,
            call: { method: 'DELETE', path: `/apikey/${id}`, body: {} },
            run: () => api.keys.delete(id),
          }}
          onClose={() => setIsOpen(false)}
        />
      )}
    </>
  );
}
