/**
 * The vocabulary of the engine. Every other file, on both sides of the process boundary, uses these words:
 * a *region* is the function to approximate, its *signature* is flattened to *slots*, a *domain* says where each input
 * slot lives, a *dataset* holds sampled slots, an *encoding* turns slots into network columns, a *genome* is a set of
 * hyperparameters, a *candidate* is a genome with its trained network, and the *front* is the set of non-dominated
 * candidates.
 */

/** Hidden activations of Table 1. The output layer is linear; classification applies softmax to it. */
export const activations = ['hard-sigmoid', 'relu', 'elu', 'tanh', 'sigmoid', 'softplus', 'linear', 'selu'] as const;
export type Activation = (typeof activations)[number];

/** Optimisers of Table 1, with Keras's default constants. */
export const optimizers = ['rmsprop', 'adam', 'sgd', 'adagrad', 'adadelta', 'adamax', 'nadam'] as const;
export type Optimizer = (typeof optimizers)[number];

export const targetIds = ['cpu', 'gpu', 'arm', 'fpga'] as const;
export type TargetId = (typeof targetIds)[number];

/** One entry of the target picker. */
export interface TargetDescription {
  readonly id: TargetId;
  readonly label: string;
  readonly description: string;
  /** Why it cannot be picked; absent where it can. */
  readonly unavailable?: string;
}

export type Literal = string | number | boolean;

/** How a value looks in TypeScript, reduced to what a network can take or give. */
export type Shape =
  | { readonly kind: 'number' }
  | { readonly kind: 'boolean' }
  /** A union of literals, or an enum. */
  | { readonly kind: 'category'; readonly values: readonly Literal[] }
  | { readonly kind: 'tuple'; readonly elements: readonly Shape[] }
  /** `container` is the constructor's name: 'Array', 'Float64Array', 'Uint8Array' and so on. */
  | { readonly kind: 'array'; readonly container: string; readonly length: number; readonly element: Shape }
  | { readonly kind: 'object'; readonly fields: readonly { readonly name: string; readonly shape: Shape }[] };

export interface Parameter {
  readonly name: string;
  readonly shape: Shape;
}

export interface Signature {
  readonly parameters: readonly Parameter[];
  readonly result: Shape;
}

/**
 * One leaf of a signature. `path` is how a person writes it in a tag: `spot`, `pixel.r`, `window[3]`; the result's leaves
 * start with `result`. A raw slot value is a number: itself, 0 or 1 for booleans, the index into `values` for categories.
 */
export type Slot =
  | { readonly path: string; readonly kind: 'number' }
  | { readonly path: string; readonly kind: 'boolean' }
  | { readonly path: string; readonly kind: 'category'; readonly values: readonly Literal[] };

/** Where an input slot's values come from; both ends are included. */
export type SlotDomain =
  | {
      readonly path: string;
      readonly kind: 'number';
      readonly min: number;
      readonly max: number;
      readonly integer: boolean;
    }
  | { readonly path: string; readonly kind: 'boolean' }
  | { readonly path: string; readonly kind: 'category'; readonly values: readonly Literal[] };

/** One entry per input slot, in slot order. */
export type Domain = readonly SlotDomain[];

/** Sampled pairs of raw slot values. inputs: (count, inputSlots) row-major; outputs: (count, outputSlots) row-major. */
export interface Samples {
  readonly count: number;
  readonly inputs: Float64Array;
  readonly outputs: Float64Array;
}

export interface Dataset {
  readonly inputSlots: readonly Slot[];
  readonly outputSlots: readonly Slot[];
  readonly train: Samples;
  readonly validation: Samples;
  readonly test: Samples;
}

export type Loss = 'mse' | 'softmax-cross-entropy';

/**
 * How one slot maps to network columns.
 * number: column = (raw - offset) / scale.  boolean: column is -1 or 1.  category: one column per value, one-hot (0 or 1).
 * On the output side a boolean is a category of [false, true].
 */
export type SlotEncoding =
  | { readonly kind: 'number'; readonly column: number; readonly offset: number; readonly scale: number }
  | { readonly kind: 'boolean'; readonly column: number }
  | { readonly kind: 'category'; readonly column: number; readonly values: readonly Literal[] };

export interface Encoding {
  readonly inputs: readonly SlotEncoding[];
  readonly outputs: readonly SlotEncoding[];
  readonly inputColumns: number;
  readonly outputColumns: number;
  /** Softmax cross-entropy where the only output is a category, mean squared error otherwise. */
  readonly loss: Loss;
}

/** Encoded rows, ready for a trainer. inputs: (count, inputColumns); targets: (count, outputColumns), row-major. */
export interface EncodedSamples {
  readonly count: number;
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
}

/** A multi-layer perceptron's shape: `widths` are inputs, hidden layers, outputs. `activation` is that of hidden layers. */
export interface Topology {
  readonly widths: readonly number[];
  readonly activation: Activation;
}

/**
 * `weights` holds layer after layer: w (I, O) row-major, w[i * O + o], then bias (O).
 * The output layer is linear (logits for classification).
 */
export interface Network {
  readonly topology: Topology;
  readonly weights: Float32Array;
}

/** The MLP search space of NOTES.md: one to four hidden layers, each with a width of its own. */
export interface MlpGenome {
  readonly activation: Activation;
  readonly optimizer: Optimizer;
  readonly learningRate: number;
  readonly hidden: readonly number[];
}

export interface TrainingTask {
  readonly topology: Topology;
  readonly optimizer: Optimizer;
  readonly learningRate: number;
  /** 'cosine' anneals the learning rate to zero over the epochs. */
  readonly schedule: 'constant' | 'cosine';
  readonly loss: Loss;
  readonly epochs: number;
  readonly batchSize: number;
  /** Seeds the weights (Glorot uniform, zero biases) and the order of samples. */
  readonly seed: number;
  /** Starts from these weights instead of random ones. */
  readonly initial?: Float32Array;
}

export interface TrainingResult {
  /** The weights of the epoch with the lowest validation loss. */
  readonly network: Network;
  readonly epochs: number;
  /** Mean loss per sample on the training rows, one value per epoch. */
  readonly trainLoss: readonly number[];
  readonly validationLoss: readonly number[];
  /** 'diverged': a loss became NaN or infinite. 'stopped': `shouldStop` returned true between two epochs. */
  readonly outcome: 'finished' | 'diverged' | 'stopped';
}

/** One interface, several backends: 'wasm' (embedded), 'reference' (readable TypeScript), 'tensorflow'. */
export interface Trainer {
  readonly name: string;
  train(
    task: TrainingTask,
    train: EncodedSamples,
    validation: EncodedSamples,
    shouldStop?: () => boolean,
  ): Promise<TrainingResult>;
}

/**
 * Errors of an approximation, all on raw outputs.
 * nrmse: RMSE / (max - min of the exact output), mean over numeric outputs (miss rate where there are none).
 * meanRelative: mean of min(1, |approx - exact| / |exact|), AxBench's metric.
 * p99, max: of |approx - exact| / (max - min of the exact output).
 * missRate: fraction of samples with a wrong category or boolean; 0 where there are none.
 */
export interface ErrorFigures {
  readonly nrmse: number;
  readonly meanRelative: number;
  readonly p99: number;
  readonly max: number;
  readonly missRate: number;
}
