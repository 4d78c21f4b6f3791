/**
 * What can be promised about single calls: a bound on the error that holds for a share of all inputs, with a confidence,
 * from samples that neither training nor selection saw.
 */
import { shareAtLeast } from './binomial.ts';

/** "The error is at most `error` for at least `share` of the inputs", at the given confidence. */
export interface Certificate {
  /** As a share of the output's range; 0 where an output is right or wrong, and nothing in between. */
  readonly error: number;
  readonly share: number;
  readonly confidence: number;
  /** Fresh inputs behind it. */
  readonly samples: number;
  /** How many networks got one from the same samples: the statement holds for all of them at once. */
  readonly networks: number;
  /** The inputs are recorded ones: the statement is about such calls, not about all inputs in the ranges. */
  readonly recorded?: true;
}

export interface CertificateOptions {
  /** The confidence is divided among them (Bonferroni), so that the user may pick any of them afterwards. */
  readonly networks: number;
  /** No output is a number: an error is 0 or 1. */
  readonly categorical: boolean;
}

export const certifiedShare = 0.9;
const certifiedConfidence = 0.95;

/**
 * `errors`: one per fresh input, drawn independently; see `sampleErrors`. The bound is an order statistic whose rank is
 * fixed by the number of inputs alone, so that it holds whatever the errors' distribution is. Undefined where there are
 * too few inputs for any statement, and where the bound would be infinite.
 */
export function certify(errors: Float64Array, { networks, categorical }: CertificateOptions): Certificate | undefined {
  const samples = errors.length;
  const alpha = (1 - certifiedConfidence) / networks;
  const common = { confidence: certifiedConfidence, samples, networks };
  if (samples === 0) return undefined;
  if (categorical) {
    const hits = errors.reduce((count, error) => count + (error === 0 ? 1 : 0), 0);
    return { error: 0, share: shareAtLeast(hits, samples, alpha), ...common };
  }
  const rank = certifiedRank(samples, alpha);
  if (rank === undefined) return undefined;
  const error = errors.toSorted()[rank - 1]!;
  return Number.isFinite(error) ? { error, share: certifiedShare, ...common } : undefined;
}

/** The smallest rank k for which k hits of `samples` prove the certified share. */
function certifiedRank(samples: number, alpha: number): number | undefined {
  const proves = (hits: number) => shareAtLeast(hits, samples, alpha) >= certifiedShare;
  if (!proves(samples)) return undefined;
  let [low, high] = [0, samples];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (proves(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Another processor or engine may differ in the last digits. */
const roundingTolerance = 1e-6;

/** Whether errors of the same inputs still prove what the certificate says. */
export function stillHolds({ error, share, confidence, networks }: Certificate, errors: Float64Array): boolean {
  const hits = errors.reduce((count, each) => count + (each <= error * (1 + roundingTolerance) ? 1 : 0), 0);
  return shareAtLeast(hits, errors.length, (1 - confidence) / networks) >= share - 1e-12;
}
