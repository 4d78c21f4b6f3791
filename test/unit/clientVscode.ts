/**
 * As much of the editor as the client's tests need: it answers with what a test prepared and records what it was asked.
 * Import this file first, then the client with `await import`; its `vscode` is then this module.
 */
import { registerHooks } from 'node:module';
import { type CancellationToken, CancellationTokenSource, Emitter } from 'vscode-languageserver-protocol';

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'vscode' ? { url: import.meta.url, shortCircuit: true } : next(specifier, context),
});

export { CancellationTokenSource, Emitter as EventEmitter };
export class Range {}
export const ViewColumn = { One: 1, Beside: -2 };
export const ProgressLocation = { Notification: 15 };
export const ConfigurationTarget = { Global: 1, Workspace: 2 };
export const StatusBarAlignment = { Right: 2 };
export const QuickPickItemKind = { Separator: -1 };
export const env = {
  language: 'en',
  clipboard: {
    async writeText(text: string) {
      editor.clipboard = text;
    },
  },
};

/** Fires as documents are saved. */
export const documentSaves = new Emitter<{ uri: Uri; languageId: string }>();

/** Fires as documents change; `reason` is there for undo and redo. */
export const documentChanges = new Emitter<{ document: { uri: Uri }; reason?: number }>();

export interface ConfigurationChange {
  affectsConfiguration(section: string): boolean;
}

/** Fired by tests where somebody changes a setting. */
export const configurationChanges = new Emitter<ConfigurationChange>();

const nothing = { dispose: () => undefined };

export class Uri {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  static parse = (text: string) => new Uri(text);
  static from = ({ scheme, path, query }: { scheme: string; path: string; query: string }) =>
    new Uri(`${scheme}://${path}?${query}`);
  static file = (path: string) => new Uri(`file://${path}`);
  static joinPath = (base: Uri, ...parts: string[]) => new Uri([base.text, ...parts].join('/'));
  get path(): string {
    return this.text.slice(this.text.indexOf('//') + 2);
  }
  get query(): string {
    return this.text.split('?').slice(1).join('?');
  }
  get scheme(): string {
    return this.text.slice(0, this.text.indexOf(':'));
  }
  with({ scheme, query }: { scheme: string; query: string }): Uri {
    return new Uri(`${scheme}${this.text.slice(this.text.indexOf(':'))}?${query}`);
  }
  toString(): string {
    return this.text;
  }
}

export const l10n = {
  bundle: undefined as Record<string, string> | undefined,
  t: (text: string, ...values: unknown[]) => text.replace(/\{(\d)\}/g, (_, index) => String(values[Number(index)])),
};

export class FakeWebviewPanel {
  readonly posted: unknown[] = [];
  closed = false;
  revealed = 0;
  readonly #messages = new Emitter<unknown>();
  readonly #disposed = new Emitter<void>();
  readonly onDidDispose = this.#disposed.event;
  readonly #webview = {
    cspSource: 'https://own.test',
    html: '',
    options: {},
    asWebviewUri: (uri: Uri) => uri,
    onDidReceiveMessage: this.#messages.event,
    postMessage: async (message: unknown) => {
      this.posted.push(message);
      return true;
    },
  };
  /** As in the editor, nobody may touch one that is closed. */
  get webview() {
    if (this.closed) throw new Error('Webview is disposed');
    return this.#webview;
  }
  /** The webview's script says something. */
  say(message: unknown): void {
    this.#messages.fire(message);
  }
  reveal(): void {
    this.revealed++;
  }
  dispose(): void {
    if (this.closed) return;
    this.closed = true;
    this.#disposed.fire();
  }
}

/** What a test prepares and looks at; `reset` puts it back. */
export const editor = {
  trusted: true,
  /** By setting; only what somebody set. */
  settings: {} as Record<string, unknown>,
  /** What the user types into the next input boxes; undefined leaves the box. */
  typed: [] as (string | undefined)[],
  /** Boxes in which nothing is typed stay open until they are cancelled. */
  boxesStayOpen: false,
  /** Files of the workspace. */
  files: [] as string[],
  /** The folder that the user chooses in dialogs; undefined leaves them. */
  folder: undefined as string | undefined,
  shown: [] as string[],
  /** Labels that the user picks from lists, in order; undefined leaves the list. */
  picked: [] as (string | undefined)[],
  lists: [] as (readonly { readonly label: string; readonly description?: string; readonly detail?: string }[])[],
  /** Labels of the buttons that the user presses, whenever a message has them. */
  pressed: [] as string[],
  messages: [] as { readonly level: string; readonly text: string; readonly buttons: readonly string[] }[],
  statusTexts: [] as string[],
  panels: [] as FakeWebviewPanel[],
  progress: [] as { readonly message?: string; readonly increment?: number }[],
  /** Cancels the notification of the run that goes on. */
  cancelNotification: (): void => undefined,
  appliedEdits: [] as unknown[],
  acceptsEdits: true,
  executed: [] as unknown[][],
  documents: {} as Record<string, string>,
  /** Documents that somebody has changed and not saved; saving takes them from here. */
  dirty: [] as string[],
  /** What shells were asked to run, and with which environment; each ends with `exitCode`. */
  tasks: [] as { readonly command: string; readonly env: unknown }[],
  exitCode: 0 as number | undefined,
  clipboard: undefined as string | undefined,
  closedTabs: [] as object[],
};

const initial = { ...editor };

export function reset(): void {
  Object.assign(editor, initial, {
    settings: {},
    typed: [],
    files: [],
    picked: [],
    shown: [],
    lists: [],
    pressed: [],
    messages: [],
    statusTexts: [],
    panels: [],
    progress: [],
    appliedEdits: [],
    executed: [],
    documents: {},
    dirty: [],
    tasks: [],
    closedTabs: [],
  });
}

const show =
  (level: string) =>
  async (text: string, ...items: (string | object)[]) => {
    // The first one may be options.
    const buttons = items.filter((item) => typeof item === 'string');
    editor.messages.push({ level, text, buttons });
    return buttons.find((button) => editor.pressed.includes(button));
  };

export class TabInputText {
  readonly uri: Uri;
  constructor(uri: Uri) {
    this.uri = uri;
  }
}
export class TabInputCustom extends TabInputText {}

/** Fires as tabs are opened. */
export const tabChanges = new Emitter<{ opened: { input: unknown }[] }>();

interface Group {
  readonly tabs: readonly object[];
  readonly activeTab: object | undefined;
}

export const tabGroups = {
  all: [] as Group[],
  activeTabGroup: { tabs: [], activeTab: undefined } as Group,
  onDidChangeTabs: tabChanges.event,
  async close(tab: object) {
    editor.closedTabs.push(tab);
  },
};

export const window = {
  tabGroups,
  activeTextEditor: undefined,
  visibleTextEditors: [],
  showInformationMessage: show('information'),
  showWarningMessage: show('warning'),
  showErrorMessage: show('error'),
  async showInputBox(_options: unknown, token?: CancellationToken) {
    if (!editor.boxesStayOpen) return editor.typed.shift();
    return new Promise<undefined>((resolve) => token?.onCancellationRequested(() => resolve(undefined)));
  },
  async showQuickPick<T extends { readonly label: string }>(items: readonly T[]) {
    editor.lists.push(items);
    const picked = editor.picked.shift();
    return items.find(({ label }) => label === picked);
  },
  setStatusBarMessage(text: string) {
    editor.statusTexts.push(text);
    return nothing;
  },
  async withProgress(_options: unknown, task: (progress: unknown, token: unknown) => Promise<unknown>) {
    const cancellation = new CancellationTokenSource();
    editor.cancelNotification = () => cancellation.cancel();
    return task({ report: (report: object) => editor.progress.push(report) }, cancellation.token);
  },
  showOpenDialog: async () => (editor.folder === undefined ? undefined : [new Uri(editor.folder)]),
  async showTextDocument(shown: Uri | { readonly uri: Uri }) {
    editor.shown.push((shown instanceof Uri ? shown : shown.uri).toString());
  },
  createWebviewPanel() {
    const panel = new FakeWebviewPanel();
    editor.panels.push(panel);
    return panel;
  },
  registerWebviewPanelSerializer: () => nothing,
  registerCustomEditorProvider(id: string, provider: CustomEditors) {
    customEditors.set(id, provider);
    return nothing;
  },
};

interface CustomEditors {
  openCustomDocument(uri: Uri): unknown;
  resolveCustomEditor(document: unknown, panel: unknown): Promise<void>;
}

/** By view type. */
export const customEditors = new Map<string, CustomEditors>();

export const workspace = {
  findFiles: async () => editor.files.map((file) => new Uri(file)),
  asRelativePath: (uri: Uri) => uri.toString().replace('file:///project/', ''),
  workspaceFolders: [{}],
  get isTrusted() {
    return editor.trusted;
  },
  getConfiguration: () => ({
    get: (key: string) => editor.settings[key],
    inspect: (key: string) => ({ defaultValue: 'default', workspaceValue: editor.settings[key] }),
    async update(key: string, value: unknown) {
      editor.settings[key] = value;
    },
  }),
  async applyEdit(edit: unknown) {
    editor.appliedEdits.push(edit);
    return editor.acceptsEdits;
  },
  openTextDocument: async (uri: Uri) => ({
    uri,
    validateRange: (range: unknown) => range,
    getText: () => editor.documents[uri.toString()],
    isDirty: editor.dirty.includes(uri.toString()),
    save: async () => {
      editor.dirty = editor.dirty.filter((text) => text !== uri.toString());
      return true;
    },
  }),
  getWorkspaceFolder: () => ({ uri: { fsPath: '/project' } }),
  registerTextDocumentContentProvider: () => nothing,
  onDidCloseTextDocument: () => nothing,
  createFileSystemWatcher: () => ({ ...nothing, onDidChange: () => nothing }),
  onDidChangeConfiguration: (listener: (event: ConfigurationChange) => void) => configurationChanges.event(listener),
  onDidSaveTextDocument: documentSaves.event,
  fs: {
    async stat(uri: Uri) {
      if (editor.documents[uri.toString()] === undefined) throw new Error('There is no such file.');
    },
  },
  onDidChangeTextDocument: (listener: (event: { document: { uri: Uri }; reason?: number }) => void) =>
    documentChanges.event(listener),
};

const registered = new Map<string, (argument?: unknown) => unknown>();

export const commands = {
  registerCommand(id: string, run: (argument?: unknown) => unknown) {
    registered.set(id, run);
    return nothing;
  },
  async executeCommand(id: string, ...values: unknown[]) {
    editor.executed.push([id, ...values]);
    return registered.get(id)?.(values[0]);
  },
};

export const TaskScope = { Workspace: 2 };

export class ShellExecution {
  readonly command: string;
  readonly options: { readonly env?: unknown };
  constructor(command: string, options: { readonly env?: unknown }) {
    this.command = command;
    this.options = options;
  }
}

export class Task {
  readonly execution: ShellExecution;
  constructor(_definition: unknown, _scope: unknown, _name: string, _source: string, execution: ShellExecution) {
    this.execution = execution;
  }
}

const taskEnds = new Emitter<{ execution: object; exitCode: number | undefined }>();

export const tasks = {
  onDidEndTaskProcess: taskEnds.event,
  onDidEndTask: () => nothing,
  async executeTask({ execution: { command, options } }: Task) {
    editor.tasks.push({ command, env: options.env });
    const execution = {};
    setImmediate(() => taskEnds.fire({ execution, exitCode: editor.exitCode }));
    return execution;
  },
};
