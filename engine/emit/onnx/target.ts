/** The ONNX target: the CPU code for the source to import, and the network as a file for whatever reads ONNX. */
import { t } from '../../texts.ts';
import { cpuTarget } from '../cpu/cpu.ts';
import type { Target } from '../target.ts';
import { onnxModel } from './onnx.ts';

export const onnxTarget: Target = {
  id: 'onnx',
  label: 'ONNX',
  get description() {
    return t('The CPU code, and an ONNX file (operator set 13) for other runtimes');
  },
  emit(input) {
    const { regionName, network, encoding } = input;
    const content = onnxModel({ name: regionName, network, encoding });
    return [...cpuTarget.emit(input), { suffix: '.onnx', content }];
  },
  /** The file holds every parameter as a float32, and so does the CPU code. */
  estimate: cpuTarget.estimate,
};
