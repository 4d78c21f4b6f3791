/** The language server's entry under VS Code, which talks over the IPC channel of the forked process. */
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { serve } from './languageServer.ts';
import { lockForWindow } from './runLock.ts';

lockForWindow();
serve(createConnection(ProposedFeatures.all));
