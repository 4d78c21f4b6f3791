/** The hotspots of a CPU profile: a list to pick a function from, and lenses that the server puts on them. */
import * as vscode from 'vscode';
import { formatPercent } from '../engine/format.ts';
import { type HotFunction, HotspotsRequest } from '../server/protocol.ts';
import type { Client } from './commands.ts';
import { revealRegion } from './region.ts';
import { failureOf } from './requests.ts';
import { tellFailure, tellQuietly } from './tell.ts';

export const hotspotIds = { show: 'deepmaker.showHotspots', hide: 'deepmaker.hideHotspots' } as const;

export function registerHotspots(client: Pick<Client, 'session'>): readonly vscode.Disposable[] {
  return [
    vscode.commands.registerCommand(hotspotIds.show, async (argument) => {
      const uri = argument instanceof vscode.Uri ? argument : (openProfile() ?? (await pickProfile()));
      return uri && showHotspots(client, uri);
    }),
    vscode.commands.registerCommand(hotspotIds.hide, () => request(client, {})),
    offerOnOpen(),
  ];
}

const isProfile = (uri: vscode.Uri | undefined): uri is vscode.Uri =>
  uri?.scheme === 'file' && uri.path.endsWith('.cpuprofile');

/** VS Code shows profiles in an editor of its own, which is a tab and no text document. */
function profileOf(tab: vscode.Tab | undefined): vscode.Uri | undefined {
  const input = tab?.input;
  const uri = input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText ? input.uri : undefined;
  return isProfile(uri) ? uri : undefined;
}

const openProfile = () => profileOf(vscode.window.tabGroups.activeTabGroup.activeTab);

async function pickProfile(): Promise<vscode.Uri | undefined> {
  const [uri] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('Show the hotspots of a CPU profile'),
      filters: { [vscode.l10n.t('CPU profiles')]: ['cpuprofile'] },
    })) ?? [];
  return uri;
}

/** Once per file and window. */
function offerOnOpen(): vscode.Disposable {
  const offered = new Set<string>();
  const offer = (tabs: readonly vscode.Tab[]) => {
    for (const uri of tabs.map(profileOf)) {
      if (!uri || offered.has(uri.toString())) continue;
      offered.add(uri.toString());
      const show = vscode.l10n.t('Show hotspots');
      const text = vscode.l10n.t('DeepMaker can show the hotspots of this profile in your source.');
      void vscode.window
        .showInformationMessage(text, show)
        .then((choice) => choice === show && vscode.commands.executeCommand(hotspotIds.show, uri));
    }
  };
  offer(vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs));
  return vscode.window.tabGroups.onDidChangeTabs(({ opened }) => offer(opened));
}

async function request(
  { session }: Pick<Client, 'session'>,
  params: { readonly uri?: string; readonly folder?: string },
) {
  try {
    const outcome = await session.request(HotspotsRequest.type, params);
    if (outcome.kind === 'hotspots') return outcome.functions;
    tellFailure(session.log, outcome);
  } catch (error) {
    tellFailure(session.log, failureOf(error));
  }
  return undefined;
}

/** Answers what the profile holds, for whoever executes the command from code. */
async function showHotspots(
  client: Pick<Client, 'session'>,
  uri: vscode.Uri,
): Promise<readonly HotFunction[] | undefined> {
  const folder = vscode.workspace.getWorkspaceFolder(uri) ?? vscode.workspace.workspaceFolders?.[0];
  const functions = await request(client, { uri: uri.toString(), ...(folder && { folder: folder.uri.toString() }) });
  if (!functions) return undefined;
  if (functions.length === 0) {
    tellQuietly(vscode.l10n.t('No function of this workspace takes time in this profile.'));
    return functions;
  }
  const picking = vscode.window.showQuickPick(functions.map(itemOf), {
    placeHolder: vscode.l10n.t('Functions by their share of the time; those that can be approximated come first'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  void picking.then((picked) => picked && revealRegion(picked.hot, picked.hot.line));
  return functions;
}

function itemOf(hot: HotFunction): vscode.QuickPickItem & { readonly hot: HotFunction } {
  const { uri, name, line, share, selfShare, reason } = hot;
  return {
    hot,
    label: `$(${reason === undefined ? 'flame' : 'circle-slash'}) ${formatPercent(share)} ${name}`,
    description: `${vscode.workspace.asRelativePath(vscode.Uri.parse(uri))}:${line}`,
    detail:
      reason === undefined
        ? vscode.l10n.t('{0} in its own code. Can be approximated.', formatPercent(selfShare))
        : vscode.l10n.t('{0} in its own code. Cannot be approximated: {1}', formatPercent(selfShare), reason),
  };
}
