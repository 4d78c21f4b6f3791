import * as vscode from 'vscode';
import { type FrontParams, FrontRequest, type FrontView, type RegionReference } from '../server/protocol.ts';
import { type PanelMessage, parsePanelState } from './messages.ts';
import { ParetoPanel, webviewOptions } from './paretoPanel.ts';
import { regionKey } from './region.ts';
import { failureOf, type Requests } from './requests.ts';

const viewType = 'deepmaker.front';

export interface PanelsOptions {
  readonly extensionUri: vscode.Uri;
  readonly requests: Requests;
  /** What the user asked for in a panel. */
  readonly onMessage: (panel: ParetoPanel, message: Exclude<PanelMessage, { kind: 'ready' }>) => void;
}

/** Owns the open panels, one per region, and brings them back after a reload. Lives from activation to deactivation. */
export class Panels implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #options: PanelsOptions;
  readonly #open = new Map<string, ParetoPanel>();
  readonly #registrations: readonly vscode.Disposable[];

  constructor(options: PanelsOptions) {
    this.#options = options;
    this.#registrations = [
      vscode.window.registerWebviewPanelSerializer(viewType, this),
      vscode.workspace.onDidChangeTextDocument(({ document, reason }) => {
        // Undo and redo put a network into the source, or take it out, without asking the extension.
        if (reason !== undefined) void this.#refresh(document.uri);
      }),
    ];
  }

  find(region: RegionReference): ParetoPanel | undefined {
    return this.#open.get(regionKey(region));
  }

  /** Shows a front in its region's panel, which opens beside the source and leaves the focus there. */
  show(front: FrontView): ParetoPanel {
    const panel = this.find(front.region) ?? this.#create(front.region);
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
    const { uri, name, runId } = state;
    const panel = this.#adopt(webview, { uri, name });
    const outcome = await readFront(this.#options.requests, { uri, name, ...(runId === undefined ? {} : { runId }) });
    if (outcome.kind === 'front') panel.show(outcome.front);
    const { message, hint } = outcome.kind === 'failed' ? outcome : {};
    panel.settle(message === undefined ? undefined : { message, ...(hint === undefined ? {} : { hint }) });
  }

  /** Reads the fronts of a file's panels again, because only the server sees which network the source calls. */
  async #refresh(file: vscode.Uri): Promise<void> {
    for (const panel of [...this.#open.values()]) {
      const { front, region } = panel;
      if (front?.stage !== 'done' || vscode.Uri.parse(region.uri).toString() !== file.toString()) continue;
      const outcome = await readFront(this.#options.requests, { ...region, runId: front.runId });
      // A run may have started in the meantime; its front must not be replaced by an older one.
      if (outcome.kind === 'front' && panel.front === front) panel.show(outcome.front);
    }
  }

  #create(region: RegionReference): ParetoPanel {
    const title = vscode.l10n.t('{0}: networks', region.name);
    const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    return this.#adopt(
      vscode.window.createWebviewPanel(viewType, title, column, webviewOptions(this.#options.extensionUri)),
      region,
    );
  }

  #adopt(webview: vscode.WebviewPanel, region: RegionReference): ParetoPanel {
    const key = regionKey(region);
    const panel: ParetoPanel = new ParetoPanel(webview, {
      extensionUri: this.#options.extensionUri,
      region,
      onMessage: (message) => this.#options.onMessage(panel, message),
      onDispose: () => {
        if (this.#open.get(key) === panel) this.#open.delete(key);
      },
    });
    this.#open.set(key, panel);
    return panel;
  }

  dispose(): void {
    for (const registration of this.#registrations) registration.dispose();
    for (const panel of [...this.#open.values()]) panel.dispose();
  }
}

/** The stored front of a run, or of a region's newest run. */
export async function readFront(requests: Requests, params: FrontParams) {
  try {
    return await requests.request(FrontRequest.type, params);
  } catch (error) {
    return failureOf(error);
  }
}
