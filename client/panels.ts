import * as vscode from 'vscode';
import {
  type FrontOutcome,
  type FrontParams,
  FrontRequest,
  type FrontView,
  type RegionReference,
  type Subject,
} from '../server/protocol.ts';
import { readTargetFigures } from './estimates.ts';
import { type PanelMessage, parsePanelState } from './messages.ts';
import { ParetoPanel, webviewOptions } from './paretoPanel.ts';
import { isSupported, regionKey, sourceFiles } from './region.ts';
import { failureOf, type Requests } from './requests.ts';
import { changesEstimates, currentTarget } from './settings.ts';

const viewType = 'deepmaker.front';

/** How often a run in another process is looked at. */
const followMs = 2000;

export interface PanelsOptions {
  readonly extensionUri: vscode.Uri;
  readonly requests: Requests;
  /** What the user asked for in a panel. */
  readonly onMessage: (panel: ParetoPanel, message: Exclude<PanelMessage, { kind: 'ready' }>) => void;
}

/**
 * Owns the open panels, one per function or data set and one per file of a run that is open as an editor, and brings them
 * back after a reload. Lives from activation to deactivation.
 */
export class Panels implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #options: PanelsOptions;
  readonly #open = new Map<string, ParetoPanel>();
  readonly #registrations: readonly vscode.Disposable[];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PanelsOptions) {
    this.#options = options;
    // Another window may save a source, and put a network into it.
    const sources = vscode.workspace.createFileSystemWatcher(sourceFiles, true, false, true);
    this.#registrations = [
      vscode.window.registerWebviewPanelSerializer(viewType, this),
      vscode.workspace.onDidChangeTextDocument(({ document, reason }) => {
        // Undo and redo put a network into the source, or take it out, without asking the extension.
        const uri = document.uri.toString();
        if (reason !== undefined) void this.#refresh((subject) => vscode.Uri.parse(subject.uri).toString() === uri);
      }),
      vscode.workspace.onDidSaveTextDocument((document) => {
        // A function may depend on any file of its project, and is stale once that changes.
        if (isSupported(document)) void this.#refresh(({ kind }) => kind === 'function');
      }),
      sources,
      sources.onDidChange(() => this.#refreshSoon()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (changesEstimates(event)) for (const panel of this.#open.values()) void this.#estimate(panel);
      }),
    ];
  }

  /** The panel that follows the runs of a region, or shows those of a data set. */
  find(region: RegionReference): ParetoPanel | undefined {
    return this.#open.get(regionKey(region));
  }

  /** Every panel that shows a run of this region. */
  showing(region: RegionReference): readonly ParetoPanel[] {
    return [...this.#open.values()].filter(({ subject }) => regionKey(subject) === regionKey(region));
  }

  /** Shows a front in its subject's panel, which opens beside the source and leaves the focus there. */
  show(front: FrontView): ParetoPanel {
    const panel = this.find(front.subject) ?? this.#create(front.subject);
    panel.show(front);
    return panel;
  }

  async deserializeWebviewPanel(webview: vscode.WebviewPanel, stored: unknown): Promise<void> {
    const state = parsePanelState(stored);
    if (!state || state.uri === '') {
      // It was closed before it had anything to show, or an older version stored something else.
      webview.dispose();
      return;
    }
    const { kind, uri, name, runId } = state;
    const panel = this.#adopt(webview, { kind, uri, name });
    await this.#fill(panel, { uri, name, ...(runId === undefined ? {} : { runId }) });
  }

  /** Shows what is stored of a run, again and again while it goes on in another process. */
  async #fill(panel: ParetoPanel, params: FrontParams): Promise<void> {
    const outcome = await readFront(this.#options.requests, params);
    // It was closed, or has begun a run of its own in the meantime.
    if (this.#isOpen(panel) && !panel.isBusy) this.#follow(panel, params, outcome);
  }

  #follow(panel: ParetoPanel, params: FrontParams, outcome: FrontOutcome): void {
    settle(panel, outcome);
    if (outcome.kind !== 'none' || !outcome.running) return;
    setTimeout(() => {
      if (this.#isOpen(panel) && !panel.isBusy) void this.#fill(panel, params);
    }, followMs);
  }

  readonly #isOpen = (panel: ParetoPanel): boolean => [...this.#open.values()].includes(panel);

  /** Fills an editor that VS Code has opened on a file of a run. */
  async openEditor(webview: vscode.WebviewPanel, file: vscode.Uri): Promise<void> {
    let closed = false;
    webview.onDidDispose(() => {
      closed = true;
    });
    const params = { uri: file.toString() };
    const outcome = await readFront(this.#options.requests, params);
    if (closed) return;
    const name = vscode.workspace.asRelativePath(file);
    const subject =
      outcome.kind === 'front' ? outcome.front.subject : { kind: 'dataset' as const, uri: file.toString(), name };
    this.#follow(this.#adopt(webview, subject, file.toString()), params, outcome);
  }

  /** Many files change at once where a branch is checked out. */
  #refreshSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#refresh(({ kind }) => kind === 'function'), 500);
  }

  /** Reads fronts again, because only the server sees which network the source calls, and whether it is still the same. */
  async #refresh(concerns: (subject: Subject) => boolean): Promise<void> {
    for (const panel of [...this.#open.values()]) {
      if (concerns(panel.subject)) await this.#readAgain(panel);
    }
  }

  async #readAgain(panel: ParetoPanel): Promise<void> {
    const { front, subject } = panel;
    if (front?.stage !== 'done' || !this.#isOpen(panel)) return;
    const { uri, name } = subject;
    const outcome = await readFront(this.#options.requests, { uri, name, runId: front.runId });
    // What it shows came later than the question: of a run that has started, or of what was done to the source.
    if (panel.front !== front) await this.#readAgain(panel);
    else if (outcome.kind === 'front') panel.show(outcome.front);
  }

  /** Shows what the networks of a finished run take on the target that is picked. */
  async #estimate(panel: ParetoPanel): Promise<void> {
    const { front } = panel;
    if (front?.stage !== 'done') return;
    const target = currentTarget();
    panel.showTarget({ kind: 'estimating', target });
    const figures = await readTargetFigures(this.#options.requests, front, target);
    // Another target may have been picked in the meantime, or another run be shown.
    if (currentTarget() === target && panel.front?.runId === front.runId) panel.showTarget(figures);
  }

  #create(subject: Subject): ParetoPanel {
    const title = vscode.l10n.t('{0}: networks', subject.name);
    const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    return this.#adopt(
      vscode.window.createWebviewPanel(viewType, title, column, webviewOptions(this.#options.extensionUri)),
      subject,
    );
  }

  #adopt(webview: vscode.WebviewPanel, subject: Subject, key = regionKey(subject)): ParetoPanel {
    const panel: ParetoPanel = new ParetoPanel(webview, {
      extensionUri: this.#options.extensionUri,
      subject,
      onMessage: (message) => this.#options.onMessage(panel, message),
      onNetworks: () => void this.#estimate(panel),
      onDispose: () => {
        if (this.#open.get(key) === panel) this.#open.delete(key);
      },
    });
    this.#open.set(key, panel);
    return panel;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const registration of this.#registrations) registration.dispose();
    for (const panel of [...this.#open.values()]) panel.dispose();
  }
}

/** Shows a front that was read, or why there is none. */
function settle(panel: ParetoPanel, outcome: FrontOutcome): void {
  if (outcome.kind === 'none') {
    const { message, hint, front } = outcome;
    if (front && front.evaluations !== panel.front?.evaluations) panel.show(front);
    panel.setStatus({ kind: 'none', note: { message, hint } });
    return;
  }
  if (outcome.kind === 'front') panel.show(outcome.front);
  const { message, hint } = outcome.kind === 'failed' ? outcome : {};
  panel.settle(message === undefined ? undefined : { message, ...(hint === undefined ? {} : { hint }) });
}

/** The stored front of a run, or of a region's newest run. */
export async function readFront(requests: Requests, params: FrontParams): Promise<FrontOutcome> {
  try {
    return await requests.request(FrontRequest.type, params);
  } catch (error) {
    return failureOf(error);
  }
}
