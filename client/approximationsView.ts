/** "Approximations" in the Explorer: every network that stands in for a function of the workspace, and its runs. */
import * as vscode from 'vscode';
import { formatCertificate, formatComparison, formatPercent, significant } from '../engine/format.ts';
import {
  type AppliedNetwork,
  ApproximationsRequest,
  type Failure,
  type RegionReference,
  type RunSummary,
} from '../server/protocol.ts';
import type { Client } from './commands.ts';
import { parseRegion, regionKey, revealRegion, sourceFiles } from './region.ts';
import { failureOf } from './requests.ts';
import { dateOf, figuresOf, savedRunIds, savedRuns } from './savedRuns.ts';

export const viewIds = {
  view: 'deepmaker.approximations',
  refresh: 'deepmaker.refreshApproximations',
  reveal: 'deepmaker.revealRegion',
} as const;

/** A network and a run have the names that commands take as a region, so a command of the menu needs nothing else. */
type Node =
  | ({ readonly kind: 'network' } & AppliedNetwork)
  /** A run goes on, in this window or elsewhere. */
  | ({ readonly kind: 'running' } & RegionReference)
  | { readonly kind: 'run'; readonly run: RunSummary; readonly current: boolean }
  | { readonly kind: 'problem'; readonly failure: Failure };

const lists = '**/.deepmaker/approximations.json';
/** A run has a lock while it goes on, and says in its plan what it is about. */
const locks = '**/.deepmaker/runs/*/lock';
/** Watchers miss files in folders that have just been made, and those of some file systems: a run that ends is looked for. */
const recheckMs = 5000;
const beginsAndEnds = '**/.deepmaker/runs/*/{lock,run.json}';

/** The files in which the projects of the workspace record what is applied. */
export const approximationLists = () => find(lists);
const find = (pattern: string) => vscode.workspace.findFiles(pattern, '**/node_modules/**');

/** Asks the server only while somebody looks at it. Lives from activation to deactivation. */
export class ApproximationsView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  readonly #client: Client;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #registrations: readonly vscode.Disposable[];
  #timer: NodeJS.Timeout | undefined;
  #recheck: NodeJS.Timeout | undefined;

  constructor(client: Client) {
    this.#client = client;
    const watcher = vscode.workspace.createFileSystemWatcher(lists);
    // A lock is touched all the time.
    const runs = vscode.workspace.createFileSystemWatcher(beginsAndEnds, false, true, false);
    // Another window may have saved a source, also one that is not open here.
    const sources = vscode.workspace.createFileSystemWatcher(sourceFiles, true, false, false);
    this.#registrations = [
      vscode.window.registerTreeDataProvider(viewIds.view, this),
      vscode.commands.registerCommand(viewIds.refresh, () => this.refresh()),
      vscode.commands.registerCommand(viewIds.reveal, (argument) => {
        const region = parseRegion(argument);
        return region && revealRegion(region);
      }),
      watcher,
      runs,
      runs.onDidCreate(() => this.refresh()),
      runs.onDidDelete(() => this.refresh()),
      sources,
      sources.onDidChange(() => this.refresh()),
      sources.onDidDelete(() => this.refresh()),
      watcher.onDidChange(() => this.refresh()),
      watcher.onDidCreate(() => this.refresh()),
      watcher.onDidDelete(() => this.refresh()),
      vscode.workspace.onDidSaveTextDocument(() => this.refresh()),
      // An edit in several places, or an undo, may have applied one.
      vscode.workspace.onDidChangeTextDocument(({ contentChanges, reason }) => {
        if (contentChanges.length > 1 || reason !== undefined) this.refresh();
      }),
    ];
  }

  /** Several changes at once, as when all files are saved, are looked at together. */
  refresh(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#changed.fire(undefined), 200);
  }

  async getChildren(node?: Node): Promise<Node[]> {
    try {
      if (node === undefined) return await this.#networks();
      return node.kind === 'network' ? await this.#history(node) : [];
    } catch (error) {
      return [{ kind: 'problem', failure: failureOf(error) }];
    }
  }

  getTreeItem(node: Node): vscode.TreeItem {
    switch (node.kind) {
      case 'network':
        return networkItem(node);
      case 'running':
        return runningItem(node);
      case 'run':
        return runItem(node.run, node.current);
      case 'problem': {
        const { message, hint = '' } = node.failure;
        return Object.assign(new vscode.TreeItem(message), {
          iconPath: new vscode.ThemeIcon('error'),
          tooltip: `${message} ${hint}`,
        });
      }
    }
  }

  async #networks(): Promise<Node[]> {
    const [uris, held] = await Promise.all([approximationLists(), find(locks)]);
    if (uris.length + held.length === 0) return [];
    const params = { uris: uris.map(String), locks: held.map(String) };
    const outcome = await this.#client.session.request(ApproximationsRequest.type, params);
    if (outcome.kind === 'failed') return [{ kind: 'problem', failure: outcome }];
    clearTimeout(this.#recheck);
    if (outcome.running.length > 0) this.#recheck = setTimeout(() => this.refresh(), recheckMs);
    const applied = outcome.networks.filter(({ standing }) => standing !== 'not-applied');
    return [
      ...outcome.running.map((region): Node => ({ kind: 'running', ...region })),
      ...applied.map((network): Node => ({ kind: 'network', ...network })),
    ];
  }

  /** The region's finished runs, the newest first. */
  async #history(network: AppliedNetwork): Promise<Node[]> {
    const runs = await savedRuns(this.#client);
    return runs
      .filter(({ source, name }) => source !== undefined && regionKey({ uri: source, name }) === regionKey(network))
      .map((run) => ({ kind: 'run', run, current: run.uri.endsWith(`/${network.runId}`) }));
  }

  dispose(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#recheck);
    this.#changed.dispose();
    for (const registration of this.#registrations) registration.dispose();
  }
}

function networkItem(network: AppliedNetwork): vscode.TreeItem {
  const { name, error, speedup, target, topology, certificate, message, standing } = network;
  const item = new vscode.TreeItem(name, vscode.TreeItemCollapsibleState.Collapsed);
  const figures = vscode.l10n.t('error {0}, {1}', formatPercent(error.nrmse), formatComparison(speedup));
  item.id = regionKey(network);
  const short = `${formatPercent(error.nrmse)}, ${significant(speedup)}x`;
  item.description = standing === 'current' ? short : vscode.l10n.t('stale');
  item.resourceUri = vscode.Uri.parse(network.uri);
  item.iconPath =
    standing === 'current'
      ? new vscode.ThemeIcon('symbol-function')
      : new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  item.contextValue = standing === 'current' ? 'network' : 'staleNetwork';
  item.accessibilityInformation = { label: `${name}, ${message ?? figures}` };
  item.tooltip = new vscode.MarkdownString(
    [
      `**${name}**, ${vscode.workspace.asRelativePath(item.resourceUri)}`,
      ...(message === undefined ? [] : [`$(warning) ${message}`]),
      vscode.l10n.t('Network {0} for {1}: {2}.', topology, target, figures),
      ...(certificate ? [vscode.l10n.t('Certified: {0}.', formatCertificate(certificate))] : []),
    ].join('\n\n'),
    true,
  );
  item.command = { title: vscode.l10n.t('Show the function'), command: viewIds.reveal, arguments: [network] };
  return item;
}

function runningItem({ uri, name }: RegionReference): vscode.TreeItem {
  const item = new vscode.TreeItem(name);
  item.description = vscode.l10n.t('being approximated');
  item.resourceUri = vscode.Uri.parse(uri);
  item.iconPath = new vscode.ThemeIcon('sync~spin');
  item.contextValue = 'running';
  item.accessibilityInformation = { label: vscode.l10n.t('{0}, being approximated', name) };
  item.command = { title: vscode.l10n.t('Show the function'), command: viewIds.reveal, arguments: [{ uri, name }] };
  return item;
}

function runItem(run: RunSummary, current: boolean): vscode.TreeItem {
  const item = new vscode.TreeItem(dateOf(run));
  item.id = run.uri;
  item.description = current ? vscode.l10n.t('{0}, in use', figuresOf(run)) : figuresOf(run);
  item.iconPath = new vscode.ThemeIcon(current ? 'check' : 'history');
  item.contextValue = 'run';
  item.command = { title: vscode.l10n.t('Show the front'), command: savedRunIds.openRun, arguments: [run.uri] };
  return item;
}
