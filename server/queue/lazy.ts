/** BullMQ and its client are as large as the rest of the command line, and only those who have a queue need them. */
export type QueueLayer = typeof import('./index.ts');

export const loadQueue = (): Promise<QueueLayer> => import('./index.ts');
