// A place for one file: dropped on it, or chosen by the keyboard.

import { type ReactNode, useId, useState } from 'react';
import styles from './file-drop.module.css';
import { Icon } from './icons.tsx';

interface FileDropProps {
  /** What the browser offers, such as `.zip`. */
  readonly accept: string;
  readonly label: string;
  readonly help?: ReactNode;
  readonly chosen: File | undefined;
  readonly onChoose: (file: File) => void;
}

export function FileDrop({ accept, label, help, chosen, onChoose }: FileDropProps) {
  const id = useId();
  const [isOver, setIsOver] = useState(false);
  const take = (files: FileList | null) => {
    const [file] = files ?? [];
    if (file) onChoose(file);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the field inside does the same for the keyboard
    <div
      className={styles['drop']}
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setIsOver(false);
        take(event.dataTransfer.files);
      }}
    >
      <Icon name="upload" size={26} />
      <label htmlFor={id}>{chosen ? chosen.name : label}</label>
      {help && <p>{help}</p>}
      <input
        id={id}
        type="file"
        accept={accept}
        onChange={(event) => {
          take(event.currentTarget.files);
          // The same file once more is another choice.
          event.currentTarget.value = '';
        }}
      />
    </div>
  );
}
