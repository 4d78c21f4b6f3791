/** Networks in fixed point where nobody has chosen number formats on data: what the target does then. */
import { encode } from '../../data/encoding.ts';
import { sampleDomain } from '../../data/sobol.ts';
import { cnnTemplate } from '../../nn/cnn/template.ts';
import { isCnnNetwork, multiplyAccumulates } from '../../nn/models.ts';
import { calibrate } from '../../quantise/calibrate.ts';
import { type CnnCalibration, calibrateCnn } from '../../quantise/cnn/calibrate.ts';
import { type Fixed16Cnn, quantiseCnnFixed16 } from '../../quantise/cnn/fixed16.ts';
import { type Fixed16Network, quantiseFixed16 } from '../../quantise/fixed16.ts';
import type { AnyNetwork, CnnNetwork, Network } from '../../types.ts';
import type { EmitInput } from '../target.ts';

/** Rows that number formats are chosen on; images as far as that takes a second or so. */
const calibration = { rows: 2000, seed: 1, multiplyAccumulates: 1e9, leastImages: 4 };

/** Parameters times rows of an estimate, at most: about a tenth of a second. */
const estimateWork = 4e7;

/** Formats that hold what the network computes anywhere on its domain. */
export function fixedOnDomain({ domain, encoding, network }: EmitInput): Fixed16Network | Fixed16Cnn {
  const affordable = Math.floor(calibration.multiplyAccumulates / multiplyAccumulates(network.topology));
  const count = isCnnNetwork(network)
    ? Math.min(calibration.rows, Math.max(calibration.leastImages, affordable))
    : calibration.rows;
  const inputs = sampleDomain(domain, count, calibration.seed);
  const outputs = new Float64Array(count * encoding.outputs.length);
  const columns = encode({ count, inputs, outputs }, encoding).inputs;
  return isCnnNetwork(network)
    ? quantiseCnnFixed16(network, calibrateCnn(network, columns, count))
    : quantiseFixed16(network, calibrate(network, columns, count));
}

/** The same for an estimate, without a domain; what a circuit takes depends little on the formats. */
export const fixedUnseen = (network: AnyNetwork): Fixed16Network | Fixed16Cnn =>
  isCnnNetwork(network) ? quantiseCnnFixed16(network, usualRanges(network)) : fixedOnSquare(network);

/** Every encoded input lies in [-1, 1], where encodings put the numbers of a domain. */
function fixedOnSquare(network: Network): Fixed16Network {
  const width = network.topology.widths[0]!;
  const domain = Array.from(
    { length: width },
    () => ({ path: '', kind: 'number', min: -1, max: 1, integer: false }) as const,
  );
  // Large networks get fewer, so that a whole front is estimated while somebody waits.
  const rows = Math.max(100, Math.min(calibration.rows, Math.floor(estimateWork / network.weights.length)));
  const columns = Float32Array.from(sampleDomain(domain, rows, calibration.seed));
  return quantiseFixed16(network, calibrate(network, columns, rows));
}

/** About what the values of trained networks spread over: running one on images would take too long for a whole front. */
function usualRanges({ topology }: CnnNetwork): CnnCalibration {
  const range = { min: -4, max: 4 };
  const { convolutions } = cnnTemplate(topology);
  return {
    inputs: range,
    normalized: convolutions.map(() => range),
    maps: convolutions.map(({ filters }) => Array.from({ length: filters }, () => range)),
    outputs: range,
  };
}
