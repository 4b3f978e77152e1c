/** schemas that strangers brought cost a publication, and an organisation, no more than a budget of time. */
import type { StixObject } from '../../src/domain/stix';
import { checkExtension } from '../../src/validation/extension';
import { openPatience, type Budget, type PatienceLimits } from '../../src/validation/patience';
import { id, make } from '../support/stix';

const LIMITS: PatienceLimits = { publication: 200, organisation: 500, refill: 10 };
const EXT = id('extension-definition');

/** Time that stands still but for what each piece of work is made to take. */
function frozen(): { now: number; clock: () => number } {
  const time = { now: 1000, clock: () => time.now };
  return time;
}

/** A budget without end that counts what is done. */
function counting(): Budget & { works: number } {
  const budget = openPatience(() => 0, { publication: 1e9, organisation: 1e9, refill: 0 }).forPublication(
    'a',
  );
  return {
    works: 0,
    left: () => budget.left(),
    spend(work) {
      this.works++;
      return budget.spend(work);
    },
  };
}

describe('a budget', () => {
  const took = (time: { now: number }, ms: number) => () => void (time.now += ms);

  test('is that of one publication, and real time is taken off, also when the work throws', () => {
    const time = frozen();
    const budget = openPatience(time.clock, LIMITS).forPublication('a');
    expect(budget.left()).toBe(200);
    budget.spend(took(time, 150));
    expect(budget.left()).toBe(50);
    const fail = (): never => {
      time.now += 60;
      throw new Error('broken');
    };
    expect(() => budget.spend(fail)).toThrow('broken');
    expect(budget.left()).toBeLessThanOrEqual(0);
  });

  test('of the next publication is what is left of the organisation’s allowance, which fills with time', () => {
    const time = frozen();
    const patience = openPatience(time.clock, { ...LIMITS, refill: 0 });
    for (const left of [200, 200, 100, 0]) {
      const budget = patience.forPublication('a');
      expect(budget.left()).toBe(left);
      budget.spend(took(time, left));
    }
    expect(patience.forPublication('b').left()).toBe(200);

    const filling = openPatience(time.clock, LIMITS);
    const spent = filling.forPublication('a');
    spent.spend(took(time, 600));
    expect(filling.forPublication('a').left()).toBe(-100);
    time.now += 20_000;
    expect(filling.forPublication('a').left()).toBe(100);
    time.now += 1e9;
    expect(filling.forPublication('a').left()).toBe(200);
  });
});

describe('X-DEF within a budget', () => {
  const definition = (schema: object): StixObject =>
    make('extension-definition', { schema: JSON.stringify(schema) });
  const object = (rank: unknown): StixObject =>
    make('tool', { extensions: { [EXT]: { extension_type: 'property-extension', rank } } });
  const sound = (i: number): StixObject =>
    definition({ title: `sound ${i}`, properties: { rank: { type: 'integer' } } });

  test('510 definitions of one publication are tried until its time is used up, and say nothing afterwards', () => {
    const time = frozen();
    let works = 0;
    const budget = openPatience(time.clock, LIMITS).forPublication('a');
    const slowly: Budget = {
      left: () => budget.left(),
      spend: (work) =>
        budget.spend(() => {
          works++;
          time.now += 50;
          return work();
        }),
    };
    const findings = Array.from({ length: 510 }, (_, i) =>
      checkExtension(object('high'), EXT, sound(i), slowly),
    );
    // Each is read, and used: 2 × 50 ms.
    expect(works).toBe(4);
    expect(findings.filter((f) => f !== undefined)).toHaveLength(2);
    expect(findings.slice(2).every((f) => f === undefined)).toBe(true);
  });

  test('a schema that was cut off twice is not tried a third time, in whatever publication', () => {
    const slow = definition({ title: 'slow', properties: { rank: { pattern: '^(a+)+$' } } });
    const victim = object(`${'a'.repeat(50)}!`);
    const works = [1, 2, 3, 4].map(() => {
      const budget = counting();
      expect(checkExtension(victim, EXT, slow, budget)).toBeUndefined();
      return budget.works;
    });
    // Read and used; used; and never again.
    expect(works).toEqual([2, 1, 0, 0]);
  });

  test('a schema that is cut off because little was left is not held to be slow', () => {
    const schema = definition({ title: 'late', properties: { rank: { pattern: '^(a+)+$' } } });
    const time = frozen();
    const short = openPatience(time.clock, { publication: 5, organisation: 5, refill: 0 });
    for (let i = 0; i < 3; i++)
      expect(
        checkExtension(object(`${'a'.repeat(50)}!`), EXT, schema, short.forPublication('a')),
      ).toBeUndefined();
    expect(checkExtension(object('b'), EXT, schema, counting())).toMatchObject({ rule: 'X-DEF' });
  });

  test('a schema that is no JSON Schema is read once, and none of megabytes is', () => {
    const budget = counting();
    const texts = ['{no JSON', '{"$ref":"https://example.com/other.json"}', `{"title":"${'x'.repeat(1e6)}"}`];
    const works = texts.map((schema) => {
      const before = budget.works;
      const broken = make('extension-definition', { schema });
      for (let i = 0; i < 5; i++) expect(checkExtension(object(1), EXT, broken, budget)).toBeUndefined();
      return budget.works - before;
    });
    // The second is read, and found wanting when it is used.
    expect(works).toEqual([1, 2, 0]);
  });
});
