import { t } from '../../engine/texts.ts';

/** How every reason begins; `problem` is a sentence without its end. Loads no compiler. */
export const refusalText = (name: string, problem: string): string =>
  t('`{0}` was not approximated: {1}.', name, problem);
