/** "Approximate this function": offered on a function's name and signature, disabled with a reason where it cannot be. */
import { type CodeAction, CodeActionTriggerKind } from 'vscode-languageserver/node';
import type { ServerContext } from '../languageServer.ts';
import { approximateKind, commandIds, type RegionReference } from '../protocol.ts';
import { filePathOf } from './files.ts';

const title = 'Approximate this function';

export function registerCodeAction({ connection, documents, source }: ServerContext): void {
  connection.onCodeAction(async ({ textDocument, range, context }, token): Promise<CodeAction[]> => {
    const document = documents.get(textDocument.uri);
    const file = filePathOf(textDocument.uri);
    if (!document || file === undefined || !wanted(context.only)) return [];
    const { module, project } = await source();
    if (token.isCancellationRequested) return [];
    const analysis = module.analyse(project, {
      file,
      offset: document.offsetAt(range.start),
    });
    switch (analysis.kind) {
      case 'none':
        return [];
      case 'refused': {
        // A light bulb on every function that merely exists would be noise: reasons are for those who ask.
        if (context.triggerKind === CodeActionTriggerKind.Automatic) return [];
        const [first, ...more] = analysis.reasons;
        const rest = more.length > 0 ? ` (and ${more.length} more)` : '';
        return [{ title, kind: approximateKind, disabled: { reason: `${first!.message}${rest}` } }];
      }
      case 'region': {
        const reference: RegionReference = { uri: textDocument.uri, name: analysis.region.name };
        return [
          { title, kind: approximateKind, command: { title, command: commandIds.approximate, arguments: [reference] } },
        ];
      }
    }
  });
}

/** Kinds are hierarchical: a client that asks for `refactor` wants `refactor.rewrite.approximate` too. */
const wanted = (only: readonly string[] | undefined): boolean =>
  only === undefined ||
  only.some((kind) => kind === '' || approximateKind === kind || approximateKind.startsWith(`${kind}.`));
