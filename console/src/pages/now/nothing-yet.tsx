// An app that released nothing: the shortest way to do so.

import { serverUrl } from '../../base-path.ts';
import { Panel } from '../../ui/page.tsx';
import { Empty } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';

export function NothingYet({ app }: { app: string }) {
  const { t } = useWords();
  return (
    <Panel>
      <Empty
        sentence={t('now.nothing')}
        command={`overair login --server ${serverUrl}\noverair bundle upload ${app} --channel production`}
      />
    </Panel>
  );
}
