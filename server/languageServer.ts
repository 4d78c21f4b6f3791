/** The language server: its capabilities, and the one place where features are registered. */
import {
  type Connection,
  createConnection,
  type InitializeResult,
  ProposedFeatures,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { useLocale } from '../engine/texts.ts';
import { registerApproximations } from './features/approximations.ts';
import { registerCodeAction } from './features/codeAction.ts';
import { registerCodeLens } from './features/codeLens.ts';
import { registerCommands, serverCommands } from './features/commands.ts';
import { registerDiagnostics } from './features/diagnostics.ts';
import { registerEdits } from './features/edits.ts';
import { registerEstimate } from './features/estimate.ts';
import { registerExport } from './features/export.ts';
import { filePathOf } from './features/files.ts';
import { registerFront } from './features/front.ts';
import { registerHotspots } from './features/hotspots.ts';
import { registerHover } from './features/hover.ts';
import { registerRecord } from './features/record.ts';
import { registerRun } from './features/run.ts';
import { registerRuns } from './features/runs.ts';
import { registerTargets } from './features/targets.ts';
import type { Hotspot } from './hotspots/hotspots.ts';
import { readLocale } from './locale.ts';
import { approximateKind, type InitializationOptions } from './protocol.ts';
import type { SourceModule, SourceProject } from './source/lazy.ts';
import { loadSource } from './source/lazy.ts';

interface ClientAbilities {
  configuration: boolean;
  codeLensRefresh: boolean;
  /** It carries out the commands of code actions and lenses, as the extension for VS Code does. */
  commands: boolean;
  /** Workspace edits may create and delete files. */
  fileEdits: boolean;
  /** It has said that code of the workspace may run. */
  trusted: boolean;
}

/** What every feature gets. Lives as long as the connection. */
export interface ServerContext {
  readonly connection: Connection;
  readonly documents: TextDocuments<TextDocument>;
  /** What the client can do; false until it has said so. */
  readonly client: ClientAbilities;
  /** Of the CPU profile that is shown, by file; empty where none is. */
  readonly hotspots: Map<string, readonly Hotspot[]>;
  /** ts-morph takes a second to load, so it is loaded on the first question about source code. */
  source(): Promise<{ module: SourceModule; project: SourceProject }>;
}

export function serve(connection: Connection): void {
  const documents = new TextDocuments(TextDocument);
  let source: ReturnType<ServerContext['source']> | undefined;
  const context: ServerContext = {
    connection,
    documents,
    client: { configuration: false, codeLensRefresh: false, commands: false, fileEdits: false, trusted: false },
    hotspots: new Map(),
    source() {
      source ??= loadSource().then((module) => {
        const project = module.createSourceProject();
        for (const document of documents.all()) {
          const file = filePathOf(document.uri);
          if (file !== undefined) project.setOverlay(file, document.getText());
        }
        return { module, project };
      });
      return source;
    },
  };

  connection.onInitialize(({ locale, capabilities: { workspace }, initializationOptions }): InitializeResult => {
    useLocale(readLocale(locale));
    const said = (initializationOptions ?? {}) as InitializationOptions;
    const files = workspace?.workspaceEdit?.resourceOperations ?? [];
    context.client.configuration = workspace?.configuration ?? false;
    context.client.codeLensRefresh = workspace?.codeLens?.refreshSupport ?? false;
    context.client.commands = said.commands === 'client';
    context.client.fileEdits = files.includes('create') && files.includes('delete');
    context.client.trusted = said.trusted === true;
    return {
      serverInfo: { name: 'deepmaker' },
      capabilities: {
        textDocumentSync: TextDocumentSyncKind.Incremental,
        codeActionProvider: { codeActionKinds: [approximateKind, 'quickfix'] },
        hoverProvider: true,
        codeLensProvider: {},
        ...(context.client.commands ? {} : { executeCommandProvider: { commands: [...serverCommands] } }),
      },
    };
  });
  keepOverlays(context);
  registerApproximations(context);
  registerCodeAction(context);
  registerCodeLens(context);
  registerCommands(context);
  registerDiagnostics(context);
  registerHover(context);
  registerHotspots(context);
  registerRun(context);
  registerEdits(context);
  registerFront(context);
  registerEstimate(context);
  registerExport(context);
  registerRecord(context);
  registerRuns(context);
  registerTargets(context);
  documents.listen(connection);
  connection.listen();
}

/** Analysis sees what the editor shows, saved or not. */
function keepOverlays({ documents, source }: ServerContext): void {
  documents.onDidChangeContent(async ({ document }) => {
    const file = filePathOf(document.uri);
    if (file !== undefined) (await source()).project.setOverlay(file, document.getText());
  });
  documents.onDidClose(async ({ document }) => {
    const file = filePathOf(document.uri);
    if (file !== undefined) (await source()).project.removeOverlay(file);
  });
}

/** Runs on this process's standard streams; answers when the editor has closed them. */
export function serveStdio(): Promise<void> {
  const connection = createConnection(ProposedFeatures.all, process.stdin, process.stdout);
  serve(connection);
  return new Promise((resolve) => connection.onExit(resolve));
}
