/** The part of a generated file that finds a GPU, keeps it, and takes batches through the shaders of ./program.ts. */
import { type GpuProgram, workgroupSize } from './program.ts';

/** Names of the module's own declarations. */
export interface GpuNames {
  readonly state: string;
  readonly turn: string;
  readonly open: string;
  readonly start: string;
  readonly parameters: string;
  readonly shader: string;
  readonly steps: string;
  readonly type: string;
  readonly api: string;
  readonly adapter: string;
  readonly device: string;
  readonly buffer: string;
  readonly pass: string;
}

/** Wraps what only TypeScript has. */
export type TypeText = (text: string) => string;

/** The part of WebGPU that is used, so that the file needs no package of types. */
export function typesText({ type, api, adapter, device, buffer, pass }: GpuNames): string {
  return `/** WebGPU as far as it is used here, so that the file needs no package of types. */
interface ${api} {
  requestAdapter(options: { readonly powerPreference: string }): Promise<${adapter} | null>;
}

interface ${adapter} {
  readonly info?: Readonly<Partial<Record<'vendor' | 'architecture' | 'device' | 'description', string>>>;
  requestDevice(): Promise<${device}>;
}

interface ${device} {
  readonly limits: {
    readonly maxStorageBufferBindingSize: number;
    readonly maxBufferSize: number;
    readonly maxComputeWorkgroupsPerDimension: number;
  };
  readonly lost: Promise<object>;
  readonly queue: {
    writeBuffer(buffer: ${buffer}, offset: number, data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): void;
    submit(commands: readonly object[]): void;
  };
  pushErrorScope(filter: string): void;
  popErrorScope(): Promise<{ readonly message: string } | null>;
  createShaderModule(options: object): object;
  createBindGroupLayout(options: object): object;
  createPipelineLayout(options: object): object;
  createComputePipelineAsync(options: object): Promise<object>;
  createBuffer(options: object): ${buffer};
  createBindGroup(options: object): object;
  createCommandEncoder(): {
    beginComputePass(): ${pass};
    copyBufferToBuffer(from: ${buffer}, fromOffset: number, to: ${buffer}, toOffset: number, size: number): void;
    finish(): object;
  };
  destroy(): void;
}

interface ${pass} {
  setPipeline(pipeline: object): void;
  setBindGroup(index: number, group: object, offsets: readonly number[]): void;
  dispatchWorkgroups(x: number, y?: number, z?: number): void;
  end(): void;
}

interface ${buffer} {
  mapAsync(mode: number, offset: number, size: number): Promise<unknown>;
  getMappedRange(offset: number, size: number): ArrayBuffer;
  unmap(): void;
  destroy(): void;
}

/** A device with the network on it. */
interface ${type} {
  readonly name: string;
  /** Rows at a time. */
  readonly most: number;
  run(x: Float32Array<ArrayBuffer>, rows: number): Promise<Float32Array>;
  close(): void;
}`;
}

export function stateText({ state, turn, type }: GpuNames, typed: TypeText): string {
  return `/** Undefined before the first use and after a loss; null where there is no GPU, or none that lasts. */
let ${state}${typed(`: ${type} | null | undefined`)};
/** Batches take turns, because they share the device's buffers. */
let ${turn}${typed(': Promise<unknown>')} = Promise.resolve();`;
}

export function openText({ open, start, type, api }: GpuNames, typed: TypeText): string {
  const [before, after] = [typed('('), typed(')')];
  return `/** The GPU of the browser, or that of the npm package \`webgpu\` where a program has installed it; null without one. */
async function ${open}()${typed(`: Promise<${type} | null>`)} {
  try {
    const { navigator } = globalThis${typed(` as unknown as { readonly navigator?: { readonly gpu?: ${api} } }`)};
    let api${typed(`: ${api} | undefined`)} = navigator?.gpu;
    if (!api) {
      // A name that compilers and bundlers do not follow: the package is optional.
      const dawn${typed(': string')} = 'webgpu';
      const { create } = ${before}await import(/* webpackIgnore: true */ /* @vite-ignore */ dawn)${typed(
        ` as { create(flags: readonly string[]): ${api} }`,
      )}${after};
      api = create([]);
    }
    const adapter = await api.requestAdapter({ powerPreference: 'high-performance' });
    return adapter ? await ${start}(api, adapter) : null;
  } catch {
    return null;
  }
}`;
}

/** Bytes from one step's uniforms to the next: the alignment that every device takes. */
const uniformBytes = 256;

export function startText(program: GpuProgram, names: GpuNames, typed: TypeText): string {
  const { start, api, adapter, type, shader, steps, parameters, device, buffer } = names;
  const { valuesPerRow, resultFrom, maxRows, kernels } = program;
  const results = valuesPerRow - resultFrom;
  const count = program.steps.kind === 'images' ? program.steps.table.length : 1;
  // An image has workgroups of its own, along the third dimension.
  const rowsPerWorkgroup = program.steps.kind === 'images' ? 1 : workgroupSize;
  return `/** Compiles the shaders and uploads the parameters. Throws where the device does not take them. */
async function ${start}(api${typed(`: ${api}`)}, adapter${typed(`: ${adapter}`)})${typed(`: Promise<${type}>`)} {
  const device${typed(`: ${device}`)} = await adapter.requestDevice();
  const { limits, queue } = device;
  let lost = false;
  void device.lost.then(() => {
    lost = true;
  });
  // Usages, by their numbers because Node has no names for them: 1 map for reading, 4 copy from, 8 copy to, 64 uniform, 128 storage.
  const create = (size${typed(': number')}, usage${typed(': number')}) => device.createBuffer({ size, usage });
  device.pushErrorScope('out-of-memory');
  device.pushErrorScope('validation');
  const types = ['read-only-storage', 'storage', 'uniform'];
  const layout = device.createBindGroupLayout({
    entries: types.map((type, binding) => ({
      binding,
      visibility: 4,
      buffer: { type, hasDynamicOffset: type === 'uniform' },
    })),
  });
  const pipelineLayout = device.createPipelineLayout({ bindGroupLayouts: [layout] });
  const module = device.createShaderModule({ code: ${shader} });
  const pipelines = await Promise.all(
    [${kernels.map((kernel) => `'${kernel}'`).join(', ')}].map((entryPoint) =>
      device.createComputePipelineAsync({ layout: pipelineLayout, compute: { module, entryPoint } }),
    ),
  );
  const values = ${parameters}();
  const parameters = create(values.byteLength, 136);
  queue.writeBuffer(parameters, 0, values);
  const uniforms = create(${count * uniformBytes}, 72);
  const problems = [await device.popErrorScope(), await device.popErrorScope()];
  const most = Math.min(
    ${maxRows},
    ${rowsPerWorkgroup} * limits.maxComputeWorkgroupsPerDimension,
    Math.floor(Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize) / ${4 * valuesPerRow}),
  );
  const tooLarge = values.byteLength > limits.maxStorageBufferBindingSize;
  if (most < 1 || tooLarge || problems.some((problem) => problem !== null)) {
    device.destroy();
    throw new Error('The network does not fit this device.');
  }
  /** Buffers for so many rows; they grow with the largest batch. */
  let reserved = 0;
  let memory${typed(`: ${buffer} | undefined`)};
  let result${typed(`: ${buffer} | undefined`)};
  let group${typed(': object | undefined')};
  async function reserve(rows${typed(': number')}) {
    memory?.destroy();
    result?.destroy();
    reserved = 0;
    const next = Math.min(most, 2 ** Math.ceil(Math.log2(rows)));
    device.pushErrorScope('out-of-memory');
    memory = create(${4 * valuesPerRow} * next, 140);
    result = create(${4 * results} * next, 9);
    group = device.createBindGroup({
      layout,
      entries: [parameters, memory, uniforms].map((buffer, binding) => ({
        binding,
        resource: binding === 2 ? { buffer, size: ${uniformBytes} } : { buffer },
      })),
    });
    if ((await device.popErrorScope()) !== null) throw new Error('The device is out of memory.');
    reserved = next;
  }
  const { vendor, architecture, device: model, description } = adapter.info ?? {};
  return {
    name: [vendor, architecture, model, description].filter(Boolean).join(' ') || 'unnamed adapter',
    most,
    async run(x, rows) {
      if (lost) throw new Error('The device was lost.');
      if (rows > reserved) await reserve(rows);
      queue.writeBuffer(memory${typed('!')}, 0, x);
      const encoder = device.createCommandEncoder();
${encodeText(program, steps, typed)}
      pass.end();
      const bytes = ${4 * results} * rows;
      encoder.copyBufferToBuffer(memory${typed('!')}, ${4 * resultFrom} * rows, result${typed('!')}, 0, bytes);
      queue.submit([encoder.finish()]);
      await result${typed('!')}.mapAsync(1, 0, bytes);
      const y = new Float32Array(result${typed('!')}.getMappedRange(0, bytes).slice(0));
      result${typed('!')}.unmap();
      if (lost) throw new Error('The device was lost.');
      return y;
    },
    close() {
      device.destroy();
      // Dawn ends with its last reference.
      void api;
    },
  };
}`;
}

/** Statements that write the uniforms and record the dispatches into `pass`. */
function encodeText({ steps }: GpuProgram, table: string, typed: TypeText): string {
  if (steps.kind === 'rows') {
    return `      queue.writeBuffer(uniforms, 0, new Uint32Array(${steps.uniforms}));
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipelines[0]${typed('!')});
      pass.setBindGroup(0, group${typed('!')}, [0]);
      pass.dispatchWorkgroups(Math.ceil(rows / ${workgroupSize}));`;
  }
  const words = uniformBytes / 4;
  return `      const own = new Uint32Array(${steps.table.length * words});
      ${table}.forEach(([, , , from, source, sourceSize, into, target, targetSize, ...fields], step) => {
        own.set([from * rows + source, sourceSize, into * rows + target, targetSize, ...fields], step * ${words});
      });
      queue.writeBuffer(uniforms, 0, own);
      const pass = encoder.beginComputePass();
      ${table}.forEach(([kernel, invocations, groups], step) => {
        pass.setPipeline(pipelines[kernel]${typed('!')});
        pass.setBindGroup(0, group${typed('!')}, [${uniformBytes} * step]);
        const wanted = Math.ceil(invocations / ${workgroupSize});
        pass.dispatchWorkgroups(Math.min(wanted, limits.maxComputeWorkgroupsPerDimension), groups, rows);
      });`;
}

/** The table of steps, for images. */
export function tableText({ steps }: GpuProgram, name: string, typed: TypeText): string {
  if (steps.kind === 'rows') return '';
  const row = `readonly [${Array(17).fill('number').join(', ')}]`;
  return `/**
 * The network's steps: kernel, invocations and workgroups for each image; source and target, each as a region, a place in
 * it, and the region's values per image; then the shader's own fields.
 */
const ${name}${typed(`: readonly (${row})[]`)} = [
${steps.table.map((values) => `  [${values.join(', ')}],`).join('\n')}
];`;
}
