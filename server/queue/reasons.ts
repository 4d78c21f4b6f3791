/** What a job can come to that the other side has to understand. */
import { z } from 'zod';

/** Why a job has failed that is not the job's fault. */
export const cancelledReason = 'Nobody waits for it any more.';
export const dataGoneReason = 'Its dataset is not there any more.';
/** BullMQ's own, for a job whose worker has disappeared too often. */
export const stalledReason = 'job stalled more than allowable limit';

/** What a worker answers: the name under which its result lies. */
export const resultName = z.string().regex(/^[0-9a-f-]{36}$/);
