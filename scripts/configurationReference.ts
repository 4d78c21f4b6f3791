/** Writes docs/configuration.md from the schema of `deepmaker.config.json`: `npm run docs:configuration`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configJsonSchema, defaultConfig } from '../server/config.ts';

interface Property {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
  readonly items?: Property;
  readonly properties?: Readonly<Record<string, Property>>;
}

const file = join(import.meta.dirname, '..', 'docs', 'configuration.md');

const head = `# Configuration

Generated from the schema by \`npm run docs:configuration\`.

\`deepmaker.config.json\` in the project's folder holds any of these; VS Code checks and completes it. A setting \`deepmaker.*\` of the editor wins over the file, a flag of the command line over both. What is left out has its default. A value that does not fit is refused with its name, the file it stands in, and what it may be.

\`\`\`json
{ "population": 20, "maxError": 0.01, "pruning": { "alphas": [0.2, 0.4] } }
\`\`\`

| name | values | default | |
|---|---|---|---|
`;

export function configurationReference(): string {
  const { properties = {} } = configJsonSchema() as Property;
  return `${head}${rowsOf(properties, defaultConfig, '').join('\n')}\n`;
}

function rowsOf(properties: Readonly<Record<string, Property>>, defaults: object, prefix: string): string[] {
  return Object.entries(properties)
    .filter(([name]) => name !== '$schema')
    .flatMap(([name, property]) => {
      const value: unknown = (defaults as Record<string, unknown>)[name];
      if (property.properties) return rowsOf(property.properties, (value ?? {}) as object, `${prefix}${name}.`);
      const fallback = value === undefined ? '' : `\`${JSON.stringify(value)}\``;
      return [
        `| \`${prefix}${name}\` | ${valuesOf(property)} | ${fallback} | ${escaped(property.description ?? '')} |`,
      ];
    });
}

function valuesOf(property: Property): string {
  if (property.enum) return property.enum.map((value) => `\`${value}\``).join(', ');
  if (property.type === 'array') return `list of ${valuesOf(property.items ?? {}).replace(/^number/u, 'numbers')}`;
  if (property.type === 'boolean') return '`true`, `false`';
  const bounds = [
    property.minimum === undefined ? '' : `at least ${property.minimum}`,
    property.exclusiveMinimum === undefined ? '' : `above ${property.exclusiveMinimum}`,
    property.maximum === undefined || property.maximum === Number.MAX_SAFE_INTEGER ? '' : `at most ${property.maximum}`,
    property.exclusiveMaximum === undefined ? '' : `below ${property.exclusiveMaximum}`,
  ].filter((bound) => bound !== '');
  return [property.type === 'integer' ? 'whole number' : 'number', ...bounds].join(', ');
}

const escaped = (text: string): string => text.replaceAll('|', '\\|');

if (import.meta.filename === process.argv[1]) {
  writeFileSync(file, configurationReference());
  console.log(`Wrote ${file}`);
}
