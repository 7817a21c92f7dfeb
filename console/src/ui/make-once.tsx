// Makes something whose secret is shown once: the page's main button, the sheet that it opens, and the secret afterwards.

import { type ReactNode, useState } from 'react';
import { Button } from './button.tsx';
import { Icon } from './icons.tsx';
import { ShownOnce, type ShownOnceProps } from './shown-once.tsx';

interface MakeOnceProps<Made> {
  readonly label: string;
  /** Why it cannot be made now. */
  readonly notNow?: string | undefined;
  /** `onMade` closes the sheet; with undefined there is nothing to show. */
  readonly sheet: (then: {
    readonly onClose: () => void;
    readonly onMade: (made: Made | undefined) => void;
  }) => ReactNode;
  readonly shown: (made: Made) => Omit<ShownOnceProps, 'onClose'>;
}

export function MakeOnce<Made>({ label, notNow, sheet, shown }: MakeOnceProps<Made>) {
  const [isOpen, setIsOpen] = useState(false);
  const [made, setMade] = useState<Made>();
  const onClose = () => setIsOpen(false);
  const onMade = (thing: Made | undefined) => {
    setIsOpen(false);
    setMade(thing);
  };
  return (
    <>
      <Button
        kind="primary"
        isMain
        icon={<Icon name="plus" size={16} />}
        notNow={notNow}
        onClick={() => setIsOpen(true)}
      >
        {label}
      </Button>
      {isOpen && sheet({ onClose, onMade })}
      {made !== undefined && <ShownOnce {...shown(made)} onClose={() => setMade(undefined)} />}
    </>
  );
}
