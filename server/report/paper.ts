/** What the paper reports of its own networks: Loni et al., "DeepMaker", Microprocessors and Microsystems 2020, Table 2. */

export interface PaperNetwork {
  readonly dataset: string;
  readonly name: string;
  readonly millionParams: number;
  /** On the test set; a fraction. */
  readonly error: number;
}

const table = [
  ['mnist', 'MLP', 0.19, 1.2],
  ['mnist', 'CNN', 0.13, 0.41],
  ['cifar10', 'MLP', 0.66, 37.0],
  ['cifar10', 'CNN Arch.1', 1.0, 6.9],
  ['cifar10', 'CNN Arch.2', 0.49, 8.7],
  ['cifar10', 'CNN Arch.3', 0.14, 14.1],
  ['cifar100', 'CNN Net.1', 1.1, 26.63],
  ['cifar100', 'CNN Net.2', 1.89, 24.87],
] as const;

/** None for a data set that the paper has not. */
export const paperNetworks = (dataset: string): readonly PaperNetwork[] =>
  table
    .filter(([of]) => of === dataset)
    .map(([of, name, millionParams, percent]) => ({ dataset: of, name, millionParams, error: percent / 100 }));
