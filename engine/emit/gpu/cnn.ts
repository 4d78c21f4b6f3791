/**
 * A convolutional network as compute shaders: the steps of engine/emit/cnn/plan.ts, each one dispatch for all images of a
 * batch. Every region of the plan's memory holds that of all images, one image after the other. What the plan does in
 * place runs into something else here, because invocations have no order: averaging is part of the normalisation
 * before it.
 */
import type { CnnNetwork } from '../../types.ts';
import { groupSize } from '../cnn/parameters.ts';
import { type CnnPlan, type CnnStep, planCnn } from '../cnn/plan.ts';
import { activated, activationText } from './activation.ts';
import { bindings, type GpuProgram, workgroupSize } from './program.ts';

const kernels = ['normalize', 'convolve', 'largest'] as const;

export function cnnProgram(network: CnnNetwork): GpuProgram {
  const plan = planCnn(network);
  const { activation } = network.topology;
  const own = plan.parameters.length;
  return {
    kernels,
    shader: shaderText(activationText(activation, 'f32'), activated(activation, 'scaled')),
    valuesPerRow: plan.outputs - own + network.topology.outputs,
    resultFrom: plan.outputs - own,
    maxRows: 1024,
    parameters: ({ parameters, decode, weights }, type) => `/** The parameters as the shaders read them. */
function ${parameters}()${type(': Float32Array<ArrayBuffer>')} {
  return new Float32Array(${decode}(${weights}).buffer${type(' as ArrayBuffer')});
}`,
    steps: { kind: 'images', table: tableOf(plan, network) },
  };
}

/** Averaging joins the normalisation that it follows. */
function tableOf(plan: CnnPlan, { topology }: CnnNetwork): number[][] {
  // Images come and outputs go without gaps between them.
  const sizes = new Map([
    [plan.image, topology.height * topology.width * topology.channels],
    [plan.outputs, topology.outputs],
  ]);
  const place = (position: number) => {
    const { start, size } = plan.regions.findLast((region) => region.start <= position)!;
    const region = start - plan.parameters.length;
    return { region, offset: position - start, size: sizes.get(start) ?? size };
  };
  return plan.steps.flatMap((step, index) => {
    if (step.kind === 'average') return [];
    const pooled = plan.steps[index + 1]?.kind === 'average';
    return [rowOf(step, pooled, place)];
  });
}

/**
 * kernel, invocations, workgroups; source and target: region, offset, values per image; then the fields of `Step` from
 * `stride` on.
 */
function rowOf(
  step: Exclude<CnnStep, { kind: 'average' }>,
  pooled: boolean,
  place: (position: number) => { readonly region: number; readonly offset: number; readonly size: number },
): number[] {
  const row = (
    work: readonly [invocations: number, workgroups: number],
    places: readonly [from: number, to: number],
    fields: readonly number[],
  ) => [
    kernels.indexOf(step.kind),
    ...work,
    ...places.map(place).flatMap(({ region, offset, size }) => [region, offset, size]),
    ...fields,
  ];
  switch (step.kind) {
    case 'normalize': {
      const shrink = pooled ? 2 : 1;
      const [height, width] = [Math.floor(step.height / shrink), Math.floor(step.width / shrink)];
      const mode = (step.activation === 'linear' ? 0 : 1) + (pooled ? 2 : 0);
      return row(
        [height * (width + 2 * step.margin) * step.channels, 1],
        [step.source, step.to],
        [step.stride, step.height, step.width, step.channels, step.table / 4, step.margin, 0, mode],
      );
    }
    case 'convolve':
      return row(
        [step.height * step.width, Math.ceil(step.filters / groupSize)],
        [step.x, step.y],
        [step.stride, step.height, step.width, step.channels, step.weights / 4, step.kernel, step.filters, 0],
      );
    case 'largest':
      return row([step.channels, 1], [step.maps, step.to], [step.channels, 1, step.pixels, step.channels, 0, 0, 0, 0]);
  }
}

function shaderText(activate: string, call: string): string {
  const open = (name: string) => `@compute @workgroup_size(${workgroupSize})
fn ${name}(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u)`;
  // More invocations than one dispatch may have are done in turns.
  const loop = (count: string) => `for (var at = id.x; at < ${count}; at += groups.x * ${workgroupSize}u)`;
  const sections = [
    `struct Step {
  source: u32, sourceImage: u32, to: u32, toImage: u32,
  stride: u32, height: u32, width: u32, channels: u32,
  parameters: u32, size: u32, filters: u32, mode: u32,
}

${bindings('Step')}`,
    activate,
    `fn scaledAt(base: u32, c: u32) -> f32 {
  let shift = step.parameters + (step.channels + 3) / 4;
  let scaled = memory[base + c] * parameters[step.parameters + c / 4][c % 4] + parameters[shift + c / 4][c % 4];
  if ((step.mode & 1u) == 0u) { return scaled; }
  return ${call};
}`,
    `// to[line, column, c] = activation(scale[c] * source[pixel, c] + shift[c]), with zeros at both ends of each
// line; with bit 1 of the mode the mean of 2x2 such pixels.
${open('normalize')} {
  let shrink = 1u + ((step.mode >> 1u) & 1u);
  let width = step.width / shrink;
  let padded = width + 2u * step.size;
  ${loop('(step.height / shrink) * padded * step.channels')} {
    let c = at % step.channels;
    let column = (at / step.channels) % padded;
    let line = at / (step.channels * padded);
    var value = 0.0;
    if (column >= step.size && column < step.size + width) {
      let source = step.source + id.z * step.sourceImage;
      let base = source + (shrink * line * step.width + shrink * (column - step.size)) * step.stride;
      value = scaledAt(base, c);
      if (shrink == 2u) {
        let below = base + step.width * step.stride;
        let top = value + scaledAt(base + step.stride, c);
        value = (top + (scaledAt(below, c) + scaledAt(below + step.stride, c))) * 0.25;
      }
    }
    memory[step.to + id.z * step.toImage + at] = value;
  }
}`,
    `// Up to twelve filters of one pixel: each value of the image meets three vectors of weights.
${open('convolve')} {
  let first = ${groupSize}u * id.y;
  let count = min(${groupSize}u, step.filters - first);
  let lanes = (count + 3u) / 4u;
  let second = min(1u, lanes - 1u);
  let margin = (step.size - 1u) / 2u;
  let run = step.size * step.channels;
  let row = (step.width + 2u * margin) * step.channels;
  let bias = step.parameters + id.y * (1u + step.size * run) * ${groupSize / 4}u;
  ${loop('step.height * step.width')} {
    let line = at / step.width;
    let column = at % step.width;
    var a = parameters[bias];
    var b = parameters[bias + second];
    var c = parameters[bias + lanes - 1u];
    let above = max(margin, line) - line;
    let below = min(step.size, step.height + margin - line);
    for (var tap = above; tap < below; tap++) {
      var x = step.source + id.z * step.sourceImage + (line + tap - margin) * row + column * step.channels;
      var w = bias + lanes + tap * run * lanes;
      for (let end = x + run; x < end; x++) {
        let value = memory[x];
        a += value * parameters[w];
        b += value * parameters[w + second];
        c += value * parameters[w + lanes - 1u];
        w += lanes;
      }
    }
    let to = step.to + id.z * step.toImage + at * step.stride + first;
    for (var f = 0u; f < count; f++) {
      let lane = f / 4u;
      memory[to + f] = select(select(c[f % 4u], b[f % 4u], lane == 1u), a[f % 4u], lane == 0u);
    }
  }
}`,
    `// The largest value of each map.
${open('largest')} {
  ${loop('step.channels')} {
    let base = step.source + id.z * step.sourceImage + at;
    var best = memory[base];
    for (var pixel = 1u; pixel < step.width; pixel++) { best = max(best, memory[base + pixel * step.channels]); }
    memory[step.to + id.z * step.toImage + at] = best;
  }
}`,
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}
