// Which names are offered to somebody who mistyped one.

import { expect, it } from 'vitest';
import { listNear } from './near-names.ts';

it.each<[string, string[], string[]]>([
  ['prodction', ['beta', 'production'], ['production']],
  ['Production', ['production'], ['production']],
  ['prod', ['beta', 'production', 'product-test'], ['product-test', 'production']],
  ['porduction', ['production', 'staging'], ['production']],
  ['v1.0.1', ['1.0.1', '1.0.2'], ['1.0.1', '1.0.2']],
  ['1.0', ['1.0.0', '2.0.0'], ['1.0.0']],
  ['staging', ['production', 'beta'], []],
  ['x', [], []],
])('%s in %j: %j', (wanted, names, expected) => {
  expect(listNear(wanted, names)).toEqual(expected);
});
