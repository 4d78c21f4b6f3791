/** All that the command line needs of BullMQ and Redis, in one file that is loaded when a queue is named. */
export { parseAddress } from './address.ts';
export { tryAddress } from './connection.ts';
export { queueState } from './list.ts';
export { openQueue } from './session.ts';
export { QueueWorker } from './worker.ts';
export { rateText } from './workforce.ts';
