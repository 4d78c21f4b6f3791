/** What the wrapper needs to know of a network's compute shader. */

/** Invocations of a workgroup: every adapter has them, and both warps of 32 and waves of 64 divide them. */
export const workgroupSize = 64;

export interface GpuProgram {
  /** Names of the shader's entry points; steps name them by their index. */
  readonly kernels: readonly string[];
  readonly shader: string;
  /** float32 values of the shader's memory for each row. The inputs of all rows come first. */
  readonly valuesPerRow: number;
  /** The outputs of `rows` rows begin at this many values times `rows`; they are the last in memory. */
  readonly resultFrom: number;
  /** Rows at a time, where the device has the memory. */
  readonly maxRows: number;
  /** Source of the function `names.parameters`, which answers the parameters as the shader reads them. */
  parameters(names: ParameterNames, type: (text: string) => string): string;
  readonly steps: RowSteps | ImageSteps;
}

export interface ParameterNames {
  readonly parameters: string;
  readonly decode: string;
  readonly weights: string;
}

/** One kernel, one invocation per row. */
export interface RowSteps {
  readonly kind: 'rows';
  /** An expression of `rows`: the values of the uniform `step`. */
  readonly uniforms: string;
}

/** A list of kernels, each for every row. */
export interface ImageSteps {
  readonly kind: 'images';
  /** (steps, 17): kernel, invocations and workgroups for each row, and what ./cnn.ts says. */
  readonly table: readonly (readonly number[])[];
}

/** The declarations that every shader starts with. */
export const bindings = (step: string): string => `@group(0) @binding(0) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> memory: array<f32>;
@group(0) @binding(2) var<uniform> step: ${step};`;
