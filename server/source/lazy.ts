/** Loads what knows ts-morph on first use: it costs about a second, and a file that is only opened must not pay it. */
export type SourceModule = typeof import('./index.ts');
export type SourceProject = ReturnType<SourceModule['createSourceProject']>;

export const loadSource = (): Promise<SourceModule> => import('./index.ts');
