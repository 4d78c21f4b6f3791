/** The flags that say which circuit a network becomes, and the configuration with them. */
import { fpgaForms, mostMacs } from '../../engine/emit/fpga/plan.ts';
import type { Config } from '../config.ts';
import type { Failure } from '../protocol.ts';
import { optionsHint } from './flags.ts';

export const circuitOptions = { circuit: { type: 'string' }, multipliers: { type: 'string' } } as const;

/** What the flags set of the configuration; nothing where they leave it to that. */
export function circuitLayer({
  circuit,
  multipliers,
}: {
  readonly circuit?: string;
  readonly multipliers?: string;
}): { readonly kind: 'layer'; readonly layer: Pick<Config, 'fpga'> } | Failure {
  const form = fpgaForms.find((known) => known === circuit);
  if (circuit !== undefined && form === undefined) {
    const message = `there is no circuit "${circuit}".`;
    return { kind: 'failed', message, hint: `Circuits: ${fpgaForms.join(', ')}.` };
  }
  if (multipliers === undefined) return { kind: 'layer', layer: form ? { fpga: { circuit: form } } : {} };
  const macs = Number(multipliers);
  if (!Number.isInteger(macs) || macs < 1 || macs > mostMacs) {
    const message = `--multipliers ${multipliers} is no whole number from 1 to ${mostMacs}.`;
    return { kind: 'failed', message, hint: optionsHint };
  }
  if (form === 'parallel') {
    const message = 'a parallel circuit has as many multipliers as it needs.';
    return { kind: 'failed', message, hint: 'Leave --multipliers out, or ask for --circuit streaming.' };
  }
  return { kind: 'layer', layer: { fpga: { circuit: 'streaming', multipliers: macs } } };
}
