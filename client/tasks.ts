/** The task "deepmaker: check", which measures every applied network of a folder again; its problems go to the list of problems. */
import * as vscode from 'vscode';

export const taskType = 'deepmaker';

export function registerTasks({ extensionUri }: Pick<vscode.ExtensionContext, 'extensionUri'>): vscode.Disposable {
  const cli = vscode.Uri.joinPath(extensionUri, 'dist', 'cli.cjs').fsPath;
  return vscode.tasks.registerTaskProvider(taskType, {
    provideTasks: () =>
      (vscode.workspace.workspaceFolders ?? [])
        .filter(({ uri }) => uri.scheme === 'file')
        .map((folder) => checkTask(cli, { type: taskType, command: 'check' }, folder)),
    resolveTask({ definition, scope }) {
      const folder = typeof scope === 'object' ? scope : vscode.workspace.workspaceFolders?.[0];
      return folder && definition.command === 'check' ? checkTask(cli, definition, folder) : undefined;
    },
  });
}

/** The editor's own Node runs the command line that the extension brings along. */
function checkTask(cli: string, definition: vscode.TaskDefinition, folder: vscode.WorkspaceFolder): vscode.Task {
  const paths: readonly unknown[] = Array.isArray(definition.paths) ? definition.paths : [];
  const checked = paths.filter((path) => typeof path === 'string');
  const execution = new vscode.ProcessExecution(process.execPath, [cli, 'check', ...checked.slice(0, 1)], {
    cwd: folder.uri.fsPath,
    env: { ELECTRON_RUN_AS_NODE: '1' },
  });
  const task = new vscode.Task(definition, folder, 'check', taskType, execution, ['$deepmaker']);
  task.group = vscode.TaskGroup.Test;
  task.detail = vscode.l10n.t('Measures every applied network again');
  return task;
}
