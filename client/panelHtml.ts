/** The panel's document: one script, one style sheet, and nothing else that it may load or run. */
export interface PanelHtmlOptions {
  /** The origin that the webview's own resources come from. */
  readonly cspSource: string;
  readonly scriptUri: string;
  readonly styleUri: string;
  /** Fresh for each document. */
  readonly nonce: string;
  readonly language: string;
  /** Shown until the script runs. */
  readonly loading: string;
}

export function panelHtml({ cspSource, scriptUri, styleUri, nonce, language, loading }: PanelHtmlOptions): string {
  const policy = `default-src 'none'; style-src ${cspSource}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="${escapeText(language)}">
  <head>
    <meta charset="UTF-8">
    <meta http-equiv="Content-Security-Policy" content="${escapeText(policy)}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="stylesheet" href="${escapeText(styleUri)}">
    <title>DeepMaker</title>
  </head>
  <body>
    <main id="root"><p role="status">${escapeText(loading)}</p></main>
    <script nonce="${escapeText(nonce)}" src="${escapeText(scriptUri)}"></script>
  </body>
</html>
`;
}

const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
