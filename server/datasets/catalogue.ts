/** The sets that have a name, and the file names of each layout. */

/** Training and test file, images and labels, as they are published. */
export const idxFiles = {
  train: { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' },
  test: { images: 't10k-images-idx3-ubyte', labels: 't10k-labels-idx1-ubyte' },
} as const;

export const cifarFiles = {
  cifar10: { train: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`), test: ['test_batch.bin'] },
  cifar100: { train: ['train.bin'], test: ['test.bin'] },
} as const;

export type Layout = 'idx' | keyof typeof cifarFiles;

/** Every file of a layout, for messages. */
export const filesOf = (layout: Layout): readonly string[] =>
  layout === 'idx'
    ? Object.values(idxFiles).flatMap(({ images, labels }) => [images, labels])
    : [...cifarFiles[layout].train, ...cifarFiles[layout].test];

export const datasetNames = ['mnist', 'fashion-mnist', 'cifar10', 'cifar100'] as const;
export type DatasetName = (typeof datasetNames)[number];

export const layouts: Readonly<Record<DatasetName, Layout>> = {
  mnist: 'idx',
  'fashion-mnist': 'idx',
  cifar10: 'cifar10',
  cifar100: 'cifar100',
};

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** In the order of the class indices. CIFAR-100's are the fine labels. */
export const classNames: Readonly<Record<DatasetName, readonly string[]>> = {
  mnist: words('0 1 2 3 4 5 6 7 8 9'),
  'fashion-mnist': words('T-shirt trouser pullover dress coat sandal shirt sneaker bag ankle-boot'),
  cifar10: words('airplane automobile bird cat deer dog frog horse ship truck'),
  cifar100: words(`
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle
    caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish
    forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle
    mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine
    possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar
    sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle wardrobe whale
    willow_tree wolf woman worm`),
};
