/** The tool of the chat view: a language model asks for an approximation, the user confirms, and it reads the figures. */
import * as vscode from 'vscode';
import * as z from 'zod/mini';
import { formatComparison, formatPercent } from '../engine/format.ts';
import { inEnglish } from '../engine/texts.ts';
import type { ApproximateOutcome, DeepMakerApi } from './api.ts';

/** As in the manifest. */
export const toolName = 'deepmaker_approximate';

const input = z.object({ file: z.string(), function: z.string(), apply: z.optional(z.boolean()) });
type Input = z.infer<typeof input>;

/** Empty in hosts that have no language models. */
export function registerTool(api: DeepMakerApi): readonly vscode.Disposable[] {
  if (vscode.lm?.registerTool === undefined) return [];
  return [vscode.lm.registerTool<Input>(toolName, tool(api))];
}

export const tool = (api: DeepMakerApi): vscode.LanguageModelTool<Input> => ({
  prepareInvocation({ input: asked }) {
    return {
      invocationMessage: vscode.l10n.t('Approximating {0}', asked.function),
      confirmationMessages: {
        title: vscode.l10n.t('Approximate this function'),
        message: vscode.l10n.t(
          'DeepMaker runs {0} of {1} in a sandbox, and searches networks for it on all cores.',
          asked.function,
          asked.file,
        ),
      },
    };
  },
  async invoke({ input: asked }, token) {
    const parsed = input.safeParse(asked);
    const uri = parsed.success ? fileIn(parsed.data.file) : undefined;
    if (!parsed.success || !uri)
      return answer('Name a file of the workspace, by its path in it, and a function of that file.');
    const { function: name, apply = false } = parsed.data;
    const outcome = await api.approximate({ uri, name }, { apply, token });
    return answer(inEnglish(() => inWords(name, outcome)));
  },
});

/** Only files of the workspace: a model may have been told to ask for others. */
function fileIn(path: string): vscode.Uri | undefined {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (!folder) return undefined;
  const uri =
    path.startsWith('/') || /^[a-z]:[\\/]/iu.test(path) ? vscode.Uri.file(path) : vscode.Uri.joinPath(folder.uri, path);
  return vscode.workspace.getWorkspaceFolder(uri) ? uri : undefined;
}

const answer = (text: string): vscode.LanguageModelToolResult =>
  new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);

/** For a model to read, so in English whatever the editor speaks. */
export function inWords(name: string, outcome: ApproximateOutcome): string {
  switch (outcome.kind) {
    case 'refused':
      return `${name} cannot be approximated:\n${outcome.reasons.map(({ message, line }) => `- line ${line}: ${message}`).join('\n')}`;
    case 'cancelled':
      return 'The user cancelled. What was trained is kept for the next run.';
    case 'failed':
      return `${outcome.message} ${outcome.hint ?? ''}`.trim();
    case 'done': {
      const rows = outcome.front.map(({ topology, params, error, speedup }) => {
        const speed = speedup === undefined ? '' : `, ${formatComparison(speedup)}`;
        return `- ${topology}: ${params} parameters, error ${formatPercent(error.nrmse)} (NRMSE), largest ${formatPercent(error.max)}${speed}`;
      });
      const state = outcome.applied
        ? `${name} calls the recommended network now; the exact function is beside it, and the edit can be undone.`
        : `Nothing was changed.${outcome.objection === undefined ? '' : ` ${outcome.objection}`}`;
      return [outcome.verdict, ...rows, state].join('\n');
    }
  }
}
