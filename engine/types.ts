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

export const targetIds = ['cpu', 'onnx', 'gpu', 'arm', 'fpga'] as const;
export type TargetId = (typeof targetIds)[number];

/** pruned: fewer neurons, fine-tuned. int8, fixed16: the same network in 8-bit integers, or in 16-bit fixed point. */
export const variantKinds = ['pruned', 'int8', 'fixed16'] as const;
export type VariantKind = (typeof variantKinds)[number];

/** One entry of the target picker. */
export interface TargetDescription {
  readonly id: TargetId;
  readonly label: string;
  readonly description: string;
  /** What checking its code needs that is not on this machine, with the command that installs it; absent where nothing is missing. */
  readonly unavailable?: string;
}

/** What something was measured on, as the operating system names it. */
export interface Processor {
  readonly name: string;
  readonly clockGhz: number;
}

export type Literal = string | number | boolean;

/** How a value looks in TypeScript, reduced to what a network can take or give. */
export type Shape =
  | { readonly kind: 'number' }
  | { readonly kind: 'boolean' }
  /** A union of literals, or an enum. `nominal`: a string enum, for which TypeScript takes no plain string. */
  | { readonly kind: 'category'; readonly values: readonly Literal[]; readonly nominal?: true }
  /** The same value in every call, as an image's width: no slot. */
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'tuple'; readonly elements: readonly Shape[] }
  /**
   * `container` is the constructor's name: 'Array', 'Float64Array', 'Uint8Array' and so on. `image`: all numbers in it,
   * nested or not, are the values of an image.
   */
  | {
      readonly kind: 'array';
      readonly container: string;
      readonly length: number;
      readonly element: Shape;
      readonly image?: ImageSize;
    }
  | { readonly kind: 'object'; readonly fields: readonly Parameter[] };

/** Values are in rows from the top, channels fastest. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** A parameter of a function, or a field of an object. */
export interface Parameter {
  readonly name: string;
  readonly shape: Shape;
  /** The value that the function takes where it is missing; only where it may be. */
  readonly absent?: Literal;
}

export interface Signature {
  /** Those that are read. */
  readonly parameters: readonly Parameter[];
  readonly result: Shape;
  /** Where the result is not a new value, but written into an array that the caller gives. */
  readonly into?: Into;
}

export interface Into {
  readonly name: string;
  /** Its place among all parameters of the function. */
  readonly index: number;
  /** Whether the function also returns it; else it returns nothing. */
  readonly returned: boolean;
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

/**
 * What applied code does with inputs outside of the trained domain. fallback: the exact function computes them.
 * clamp: numbers are moved to the nearest trained value. none: nothing is checked. NaN, infinities and unknown
 * categories go to the exact function under both of the first two.
 */
export const guardModes = ['fallback', 'clamp', 'none'] as const;
export type GuardMode = (typeof guardModes)[number];

/** A decision tree over raw input slots: whether the network's error is expected to be small there. */
export type ErrorTree =
  | boolean
  | {
      readonly slot: number;
      /** Values below it go to `below`, the others to `above`. */
      readonly threshold: number;
      readonly below: ErrorTree;
      readonly above: ErrorTree;
    };

export interface Guard {
  readonly mode: GuardMode;
  /** The error predictor: where it says false, the exact function takes the call. */
  readonly trusted?: ErrorTree;
}

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

/** What happens to training images before they are shown, at random each time. */
export interface Augmentation {
  /** What a row of inputs is: height * width * channels values, channels fastest. */
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** The largest shift in pixels, each way. */
  readonly maxShift: number;
  /** Whether images are mirrored, left to right, half of the time. */
  readonly flip: boolean;
  /** What black is, channel by channel, in the units of the inputs: it fills what a shift leaves empty. */
  readonly black: readonly number[];
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
  /** Absent: training rows are shown as they are. Validation rows always are. */
  readonly augment?: Augmentation;
}

export interface TrainingResult {
  /** The weights of the epoch with the fewest misses on the validation rows where outputs are classes, or the lowest loss. */
  readonly network: Network;
  readonly epochs: number;
  /** Mean loss per sample on the training rows, one value per epoch. */
  readonly trainLoss: readonly number[];
  readonly validationLoss: readonly number[];
  /** Share of validation rows given another class than theirs; absent where outputs are no classes. */
  readonly validationError?: readonly number[];
  /** 'diverged': a loss became NaN or infinite. 'stopped': `shouldStop` returned true between two epochs. */
  readonly outcome: 'finished' | 'diverged' | 'stopped';
}

/**
 * A densely connected convolutional network (the paper's template, Fig. 3), of which engine/nn/cnn/template.ts makes layers.
 * Images are (height, width, channels), channels fastest.
 */
export interface CnnTopology {
  readonly kind: 'cnn';
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outputs: number;
  /** B: dense blocks, each at half the resolution of the one before. */
  readonly blocks: number;
  /** L: DenseNet's depth; each block has (L - 4) / B layers, half as many with bottlenecks. */
  readonly layers: number;
  /** Size of the square kernels inside the blocks; the first convolution's is always 3. */
  readonly kernel: 3 | 5;
  /** Feature maps that each layer adds to its block; 12 in the paper. */
  readonly growth: number;
  /** Feature maps of the first convolution; 24 in the paper. */
  readonly initialFilters: number;
  readonly activation: Activation;
  /** The fraction of a layer's new values that training sets to 0, in [0, 1); 0.2 in the paper. */
  readonly dropout: number;
  /**
   * DenseNet-B (Huang et al., 2017): each layer reads its block through a 1x1 convolution to 4 * growth maps, which has a
   * BatchNorm, an activation and a dropout of its own. Absent: no, as in the paper.
   */
  readonly bottleneck?: boolean;
  /** DenseNet-C: the share of its maps that a transition keeps, in (0, 1], rounded down. Absent: 1, as in the paper. */
  readonly compression?: number;
  /**
   * How many maps each convolution of `cnnTemplate` writes, in its order, where pruning has removed some. Absent: as many
   * as growth, initialFilters and compression say.
   */
  readonly filters?: readonly number[];
}

/** The six genes of Table 1, in its order, and those of the extended space, which the paper's has not. */
export interface CnnGenome {
  readonly activation: Activation;
  readonly blocks: number;
  readonly layers: number;
  readonly learningRate: number;
  readonly kernel: 3 | 5;
  readonly optimizer: Optimizer;
  /** 12 where absent, as in the paper. */
  readonly growth?: number;
  /** Whether it is a DenseNet-BC: with bottlenecks, and transitions that keep half of the maps. */
  readonly bottleneck?: boolean;
}

/** Both arrays are in the order of `cnnTemplate`, layer after layer. */
export interface CnnNetwork {
  readonly topology: CnnTopology;
  /**
   * Trainable. Each convolution's: gamma (I) and beta (I) of the normalisation before it, where it has one, then
   * w (kernel, kernel, I, O) row-major. Last: gamma (C), beta (C), and the dense layer's w (C, outputs) and bias (outputs).
   */
  readonly weights: Float32Array;
  /** Running means (I) and variances (I) of each batch normalisation, in the same order. */
  readonly statistics: Float32Array;
}

/** As a TrainingTask. Inputs are rows of height * width * channels values; `seed` also picks the values to drop. */
export interface CnnTrainingTask extends Omit<TrainingTask, 'topology' | 'initial'> {
  readonly topology: CnnTopology;
  /** Starts from these values instead of random ones; the topology must have as many. */
  readonly initial?: Pick<CnnNetwork, 'weights' | 'statistics'>;
}

export interface CnnTrainingResult extends Omit<TrainingResult, 'network'> {
  /** Of the epoch that a TrainingResult is of. */
  readonly network: CnnNetwork;
}

export interface CnnTrainer {
  readonly name: string;
  train(
    task: CnnTrainingTask,
    train: EncodedSamples,
    validation: EncodedSamples,
    /** Asked several times within an epoch: an epoch of a large network takes minutes. */
    shouldStop?: () => boolean,
  ): Promise<CnnTrainingResult>;
}

/** What may be searched, trained and stored: a perceptron or a convolutional network. `isCnn` tells them apart. */
export type AnyTopology = Topology | CnnTopology;
export type AnyNetwork = Network | CnnNetwork;
export type AnyTask = TrainingTask | CnnTrainingTask;
export type AnyTrainingResult = TrainingResult | CnnTrainingResult;

/** How a training went, one value per epoch. */
export type LearningCurve = Pick<TrainingResult, 'trainLoss' | 'validationLoss' | 'validationError'>;

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
