/** Compiles every kernel that is missing or older than its sources; answers the names of those it compiled. */
export function buildKernels(): Promise<string[]>;
