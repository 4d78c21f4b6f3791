/** The protocol's requests and reports as the types that the LSP library takes. */
import * as lsp from 'vscode-languageserver/node';
import type { ProgressType, RequestType } from '../protocol.ts';

export const lspRequest = <P, R>({ method }: RequestType<P, R>) => new lsp.RequestType<P, R, void>(method);

export const lspProgress = <P>(_type: ProgressType<P>) => new lsp.ProgressType<P>();
