// The shapes of configs that only a process of its own can read, each with and without TypeScript.

import { describeShapes } from '../testing/describe-config-shapes.ts';

describeShapes(false);
