// The sign of the program.

import styles from './brand.module.css';

export function Brand() {
  return (
    <span className={styles['brand']}>
      <svg aria-hidden="true" viewBox="0 0 32 32" width="26" height="26">
        <rect width="32" height="32" rx="8" fill="#2f4fd0" />
        <path
          d="M16 7v12m0 0-5-5m5 5 5-5M8 24.5h16"
          fill="none"
          stroke="#fff"
          strokeWidth="2.6"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      Overair
    </span>
  );
}
