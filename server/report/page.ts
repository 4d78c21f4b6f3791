/** A report as one HTML file: no script, no network, readable by eye, by screen reader and on paper. */
import type { Figure, Table } from '../../engine/plot/figure.ts';
import { escapeText, type SvgElement, svg, svgText } from '../../engine/plot/svg.ts';
import type { Fact } from './facts.ts';
import type { Section } from './sections.ts';
import { pageStyle, pictureBackground, pictureStyle } from './theme.ts';

export interface Report {
  readonly title: string;
  /** The result in one sentence. */
  readonly lead: string;
  readonly facts: readonly Fact[];
  readonly sections: readonly Section[];
}

export function reportPage({ title, lead, facts, sections }: Report): string {
  const entries = facts.map(([term, text]) => `<div><dt>${escapeText(term)}</dt><dd>${escapeText(text)}</dd></div>`);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<style>
${pageStyle()}
</style>
</head>
<body>
<header>
<h1>${escapeText(title)}</h1>
<p class="lead">${escapeText(lead)}</p>
<dl>
${entries.join('\n')}
</dl>
</header>
<main>
${sections.map(sectionHtml).join('\n')}
</main>
<footer><p>Made by <code>deepmaker report</code>.</p></footer>
</body>
</html>
`;
}

function sectionHtml(section: Section): string {
  switch (section.kind) {
    case 'figure': {
      const { id, title, caption, table } = section.figure;
      return `<section id="${id}">
<h2>${escapeText(title)}</h2>
<figure>
${svgText(named(section.figure))}
<figcaption>${escapeText(caption)}</figcaption>
</figure>
<details>
<summary>The same as a table</summary>
${tableHtml(table, title)}
</details>
</section>`;
    }
    case 'table':
      return `<section id="${section.id}">
<h2>${escapeText(section.title)}</h2>
<p class="caption">${escapeText(section.caption)}</p>
${tableHtml(section.table, section.title)}
</section>`;
    case 'missing':
      return `<section id="${section.id}" class="missing">
<h2>${escapeText(section.title)}</h2>
<p>${escapeText(section.text)}</p>
</section>`;
  }
}

/** The picture with a title and a description that name it, also when it is a file of its own. */
function named({ id, title, picture }: Figure): SvgElement {
  const { 'aria-label': description, ...attributes } = picture.attributes;
  return svg(
    picture.tag,
    { ...attributes, 'aria-labelledby': `${id}-title ${id}-text` },
    svg('title', { id: `${id}-title` }, title),
    svg('desc', { id: `${id}-text` }, String(description)),
    ...picture.children,
  );
}

/** A figure as a file. */
export function pictureFile(figure: Figure): string {
  const { tag, attributes, children } = named(figure);
  const [title, description, ...drawn] = children;
  const { width, height } = attributes;
  const file = svg(
    tag,
    attributes,
    title,
    description,
    svg('style', {}, pictureStyle()),
    svg('rect', { width, height, fill: pictureBackground }),
    ...drawn,
  );
  return `${svgText(file, true)}\n`;
}

function tableHtml({ columns, rows }: Table, title: string): string {
  const [first = '', ...others] = columns;
  const head = [
    `<th scope="col">${escapeText(first)}</th>`,
    ...others.map((column) => `<th scope="col" class="number">${escapeText(column)}</th>`),
  ];
  const body = rows.map(([name = '', ...cells]) =>
    [
      `<tr><th scope="row">${escapeText(name)}</th>`,
      ...cells.map((cell) => `<td class="number">${escapeText(cell)}</td>`),
      '</tr>',
    ].join(''),
  );
  return `<div class="table" role="region" aria-label="${escapeText(title)}, as a table" tabindex="0">
<table>
<thead><tr>${head.join('')}</tr></thead>
<tbody>
${body.join('\n')}
</tbody>
</table>
</div>`;
}
