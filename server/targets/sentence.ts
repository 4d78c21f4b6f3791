/**
 * What is found about code for a target is told to a person and stands in the head of the file, which is in English. So its
 * words are chosen when they are said, in the language that is set then (`inEnglish`), and not when it is found.
 */
import type { Failure } from '../protocol.ts';

export type Sentence = () => string;

export const saidWhenRead = (message: Sentence, hint: Sentence): Failure => ({
  kind: 'failed',
  get message() {
    return message();
  },
  get hint() {
    return hint();
  },
});
