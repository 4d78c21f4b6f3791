import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { configurationReference } from '../../scripts/configurationReference.ts';

test('docs/configuration.md is what the schema says; npm run docs:configuration writes it', () => {
  const file = join(import.meta.dirname, '..', '..', 'docs', 'configuration.md');
  assert.equal(readFileSync(file, 'utf8'), configurationReference());
});
