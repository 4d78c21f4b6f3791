/** What a test of the extension asks of a VS Code, whichever way that VS Code runs. */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { reportPrefix } from '../driverProtocol.ts';

export interface HostOptions {
  /** The bundled suite, a CommonJS file that exports `run()`; it runs in the extension host. */
  readonly suite: string;
  /** The extension as a folder with a package.json, or packaged. */
  readonly extension: { readonly folder: string } | { readonly vsix: string };
  /** Opened as the workspace. The caller copies it first if the suite changes files. */
  readonly workspace: string;
  /** False opens the workspace in Restricted Mode. */
  readonly trusted: boolean;
  /** Added to the environment of the extension host. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Where screenshots go. */
  readonly screenshots: string;
  /** Gets each line that the suite prints. */
  readonly log: (line: string) => void;
}

/** Runs the suite and resolves with its exit code. @throws HostError where the host itself fails or runs past its time. */
export type Host = (options: HostOptions) => Promise<number>;

/** Passes on what the suite printed, out of everything that VS Code prints. */
export function report(text: string, log: (line: string) => void): void {
  const start = text.indexOf(reportPrefix);
  if (start >= 0) log(text.slice(start + reportPrefix.length));
}

/** Settings that keep a window quiet and the same everywhere. */
const userSettings = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'never',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'window.restoreWindows': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

const placeholderManifest = { name: 'placeholder', publisher: 'test', version: '0.0.1', engines: { vscode: '*' } };

/** The folders of one VS Code instance. Fresh for each run: a killed one leaves locks and half-written state behind. */
export interface Profile {
  readonly root: string;
  readonly extensions: string;
  /** An extension that does nothing: VS Code runs tests only where an extension is under development. */
  readonly placeholder: string;
  remove(): Promise<void>;
}

/** @param settingsFolder where, below the root, this kind of VS Code keeps the user's settings.json */
export async function createProfile(settingsFolder: string): Promise<Profile> {
  // Short, because sockets are made in it and their paths are limited to about 100 characters.
  const root = await mkdtemp(path.join(os.tmpdir(), 'dm-host-'));
  const extensions = path.join(root, 'extensions');
  const placeholder = path.join(root, 'placeholder');
  await mkdir(extensions);
  await mkdir(placeholder);
  await writeFile(path.join(placeholder, 'package.json'), JSON.stringify(placeholderManifest));
  await mkdir(path.join(root, settingsFolder), { recursive: true });
  await writeFile(path.join(root, settingsFolder, 'settings.json'), JSON.stringify(userSettings, null, 2));
  // Processes that were just killed may still be writing for a moment.
  return {
    root,
    extensions,
    placeholder,
    remove: () => rm(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }),
  };
}

/** A copy of `folder` that a suite may change, and its removal. */
export async function copyWorkspace(folder: string): Promise<{ readonly workspace: string; remove(): Promise<void> }> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'dm-workspace-'));
  const workspace = path.join(root, path.basename(folder));
  await cp(folder, workspace, { recursive: true });
  return { workspace, remove: () => rm(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }) };
}
