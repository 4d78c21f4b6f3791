/** Where a code action is worth starting the server for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayBeSignature } from '../../client/signatureLine.ts';

/** Lines that may belong to a signature begin with `>`. */
const sources: Readonly<Record<string, string>> = {
  'a function': `
> export function price(rate: number): number {
    let value = Math.exp(rate);
    for (let year = 1; year <= 400; year++) value += add(value, year);
    return value;
  }`,
  'parameters on lines of their own': `
> export default async function price(
>   rate: number,
>   growth = 0.5,
> ): Promise<number> {
    return rate * (growth + 1);
  }`,
  methods: `
  class Pricer {
    rate = 0.5;
>   price(years: number): number {
      if (years > 10) {
        log(years);
      }
      return this.rate ** years;
    }
>   private static async #limit<T extends number>(
>     value: T,
>   ): T {
      while (wait(value)) {
        switch (value) {
        }
      }
      return value;
    }
>   twice(value: number): number { return 2 * value; }
  }`,
  'arrow functions': `
> const price = (rate: number) => rate * 2;
> export const swing = (
>   angle: number,
> ): number => angle;
  const value = 1;`,
  'a callback': `
> suite('prices', () => {
    const value = 1;
    check(value);
  });
  run(value);`,
  'no function': `
  import { price } from './price.ts';
  const rates = { low: 0.1, high: 0.2 };
  export interface Prices {
    readonly low: number;
  }
  console.log(price(rates.low));`,
};

for (const [name, source] of Object.entries(sources)) {
  test(name, () => {
    const marked = source.split('\n').slice(1);
    const lines = marked.map((line) => line.slice(2));
    const found = lines.map((line, row) => `${mayBeSignature((at) => lines[at]!, row) ? '> ' : '  '}${line}`);
    assert.deepEqual(found, marked);
  });
}
