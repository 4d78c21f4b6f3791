/** The colours of reports, light and dark, and the style sheets that use them. */
import { readFileSync } from 'node:fs';
import { packagePath } from '../assets.ts';

const light = {
  ink: '#1f2328',
  quiet: '#59636e',
  paper: '#ffffff',
  blue: '#0969da',
  orange: '#bc4c00',
  green: '#1a7f37',
  purple: '#8250df',
  red: '#cf222e',
  yellow: '#9a6700',
} as const;

const dark: Readonly<Record<keyof typeof light, string>> = {
  ink: '#e6edf3',
  quiet: '#9198a1',
  paper: '#0d1117',
  blue: '#4493f8',
  orange: '#f0883e',
  green: '#3fb950',
  purple: '#ab7df8',
  red: '#f85149',
  yellow: '#d29922',
};

const readStyle = (name: string): string => readFileSync(packagePath('media', name), 'utf8');

const variables = (colours: typeof dark): string =>
  Object.entries(colours)
    .map(([name, colour]) => `  --plot-${name}: ${colour};`)
    .join('\n');

/** Follows the reader's theme, and is light on paper. */
export const pageStyle = (): string =>
  [
    `:root {\n  color-scheme: light dark;\n${variables(light)}\n}`,
    `@media screen and (prefers-color-scheme: dark) {\n:root {\n${variables(dark)}\n}\n}`,
    readStyle('plot.css'),
    readStyle('report.css'),
  ].join('\n');

/** For SVG files: light, and with the colours written out, because few programs but browsers know variables. */
export const pictureStyle = (): string =>
  `text { font-family: sans-serif; }\n${readStyle('plot.css')}`
    .replaceAll(/\/\*.*?\*\/\s*/gs, '')
    .replaceAll(/var\(--plot-(\w+)\)/g, (whole, name: string) => light[name as keyof typeof light] ?? whole);

export const pictureBackground = light.paper;
