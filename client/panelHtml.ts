/** The panel's document: one script, its style sheets, and nothing else that it may load or run. */
import { escapeText } from '../engine/plot/svg.ts';

export interface PanelHtmlOptions {
  /** The origin that the webview's own resources come from. */
  readonly cspSource: string;
  readonly scriptUri: string;
  readonly styleUris: readonly string[];
  /** Fresh for each document. */
  readonly nonce: string;
  readonly language: string;
  /** Shown until the script runs. */
  readonly loading: string;
}

export function panelHtml({ cspSource, scriptUri, styleUris, nonce, language, loading }: PanelHtmlOptions): string {
  const policy = `default-src 'none'; style-src ${cspSource}; script-src 'nonce-${nonce}'`;
  const links = styleUris.map((uri) => `    <link rel="stylesheet" href="${escapeText(uri)}">`);
  return `<!DOCTYPE html>
<html lang="${escapeText(language)}">
  <head>
    <meta charset="UTF-8">
    <meta http-equiv="Content-Security-Policy" content="${escapeText(policy)}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
${links.join('\n')}
    <title>DeepMaker</title>
  </head>
  <body>
    <main id="root"><p role="status">${escapeText(loading)}</p></main>
    <script nonce="${escapeText(nonce)}" src="${escapeText(scriptUri)}"></script>
  </body>
</html>
`;
}
