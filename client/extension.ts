/** Puts the client together. */
import type * as vscode from 'vscode';
import { useLocale } from '../engine/texts.ts';
import { createApi, type DeepMakerApi } from './api.ts';
import { ApproximationsView } from './approximationsView.ts';
import { type Client, handlePanelMessage, registerCommands } from './commands.ts';
import { exactScheme, VirtualTexts } from './compare.ts';
import { registerFirstUse } from './firstUse.ts';
import { registerHotspots } from './hotspots.ts';
import { registerTool } from './languageModelTool.ts';
import { locale } from './locale.ts';
import { Panels } from './panels.ts';
import { previewScheme } from './preview.ts';
import { registerRecording } from './recordInputs.ts';
import { Runs } from './run.ts';
import { registerSavedRuns } from './savedRuns.ts';
import { Session } from './session.ts';
import { TargetItem } from './targetPicker.ts';
import { registerTasks } from './tasks.ts';

let session: Session | undefined;

export function activate(context: vscode.ExtensionContext): DeepMakerApi {
  useLocale(locale());
  session = new Session(context);
  const panels = new Panels({
    extensionUri: context.extensionUri,
    requests: session,
    onMessage: (panel, message) => handlePanelMessage(client, panel, message),
  });
  const runs = new Runs({ requests: session, panels });
  const texts = { exact: new VirtualTexts(exactScheme), previews: new VirtualTexts(previewScheme) };
  const client: Client = { session, panels, runs, ...texts };
  context.subscriptions.push(
    session,
    panels,
    runs,
    texts.exact,
    texts.previews,
    new TargetItem(),
    ...registerCommands(client),
  );
  context.subscriptions.push(...registerSavedRuns(client), new ApproximationsView(client));
  context.subscriptions.push(...registerHotspots(client));
  context.subscriptions.push(registerRecording(client, context.workspaceState));
  const api = createApi(client);
  context.subscriptions.push(registerTasks(context), ...registerTool(api));
  context.subscriptions.push(registerFirstUse(session));
  return api;
}

export async function deactivate(): Promise<void> {
  await session?.stop();
}
