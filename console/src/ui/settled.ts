// A value once it has not changed for a moment: for questions that follow what somebody types.

import { useEffect, useState } from 'react';

const RESTS_AFTER_MS = 350;

export function useSettled<Value>(value: Value): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), RESTS_AFTER_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
