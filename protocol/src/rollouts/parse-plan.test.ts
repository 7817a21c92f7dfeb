import { describe, expect, it } from 'vitest';
import { namedPlans } from '../manage/plan.ts';
import { parsePlan } from './parse-plan.ts';

describe('a plan', () => {
  it.each(['careful', 'fast', 'at once', 'at-once'])('is known as %s', (name) => {
    expect(parsePlan(name).steps.at(-1)).toEqual({ share: 100 });
  });

  it.each(Object.entries(namedPlans))('%s passes its own rules', (_, plan) => {
    expect(parsePlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  it.each<[string, unknown, string]>([
    [
      'an unknown name',
      'carefull',
      'There is no plan "carefull": name one of "careful", "fast", "at once", or write your own steps.',
    ],
    ['no steps', {}, 'steps is missing in the plan.'],
    [
      'an unknown field',
      { steps: [{ share: 100 }], windows: {} },
      'windows is not a field of a plan: remove it, or mend its spelling.',
    ],
    [
      'a misspelt limit',
      { steps: [{ share: 5, least_hour: 24 }, { share: 100 }] },
      'steps[0].least_hour is not a field of a plan: remove it, or mend its spelling.',
    ],
    [
      'a misspelt share',
      { steps: [{ shares: 5 }] },
      'steps[0].shares is not a field of a plan: remove it, or mend its spelling.',
    ],
    ['a share that is text', { steps: [{ share: '5' }] }, 'steps[0].share must be number.'],
    ['a step without a share', { steps: [{}] }, 'share is missing in steps[0].'],
    ['an unknown gate', { steps: [{ share: 100, gate: 'open' }] }, 'steps[0].gate must be one of evidence, none.'],
    [
      'an unknown day',
      { steps: [{ share: 100 }], window: { days: ['monday'] } },
      'window.days[0] must be one of mon, tue, wed, thu, fri, sat, sun.',
    ],
    [
      'an unreadable time',
      { steps: [{ share: 100 }], window: { from: '9am' } },
      'window.from must be a time as in 09:30.',
    ],
    [
      'an unknown zone',
      { steps: [{ share: 100 }], window: { zone: 'Mars/Olympus' } },
      'window.zone "Mars/Olympus" is not a time zone: name one as in Europe/Berlin.',
    ],
    [
      'an empty window',
      { steps: [{ share: 100 }], window: { from: '09:00', to: '09:14' } },
      'window.to must be at least 15 minutes after window.from.',
    ],
    [
      'a share that shrinks',
      { steps: [{ share: 50 }, { share: 20 }, { share: 100 }] },
      'steps[1].share must be above the 50 % of the step before it.',
    ],
    [
      'an end before everybody',
      { steps: [{ share: 50 }] },
      'steps[0].share must be 100: the last step reaches everybody.',
    ],
    ['a list', [], 'the plan must be object.'],
    ['nothing', null, 'the plan must be object.'],
  ])('%s', (_, plan, message) => {
    expect(() => parsePlan(plan)).toThrow(message);
  });
});
