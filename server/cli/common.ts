/** What every command shares: usage text, FILE#FUNCTION, exit codes and how failures are printed. */
import { lstatSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Failure, Reason } from '../protocol.ts';

export type ExitCode = 0 | 1 | 2 | 130;

export const usage = `deepmaker: approximate a hot function with a small neural network

  deepmaker approximate FILE#FUNCTION [options]   search, train and measure networks for a function
      FILE#FUNCTION:12-18         statements of a function, by their lines
      --target cpu|gpu|arm|fpga|onnx  what the generated code runs on (default cpu)
      --objectives LIST           error,params (default), error,latency or error,params,latency
      --circuit, --multipliers    with fpga: as for export
      --guard MODE                outside of the ranges: fallback (call the exact function, the default), clamp or none
      --guard-predictor           also fall back where a large error is expected, for at most 10 % of the inputs
      --hard-inputs N             rounds of training on the inputs with the largest errors (default 0)
      --record "COMMAND"          take inputs and ranges from the calls of the function while the command runs
      --record-seconds S          end the command after S seconds, for one that does not end by itself
      --record-limit MB           largest record on disk (default 64)
      --from-record RECORD        start from an earlier record, by its id or file
      --apply                     swap the function's body for the chosen network, where it pays
      --force                     with --apply: also where it does not pay, or misses the bound
      --out DIR                   write the chosen network's code to DIR
      --max-error E               largest acceptable NRMSE, as a fraction (default: @approximate tag, or 0.05)
      --max-params P              largest network to consider, in parameters
      --max-bytes B               largest network to consider, in bytes: 4 a parameter
      --population N              candidates per generation (default 30)
      --generations N             generations, the random one included (default 5)
      --workers N                 worker threads (default: number of cores)
      --queue URL                 let the workers at redis://HOST:PORT train, instead of threads
      --queue-data DIR            with --queue: a folder shared with the workers that the data goes through
      --trainer T                 auto, wasm, reference, tensorflow or webgpu (default auto: the embedded wasm)
      --seed N                    the same seed gives the same front (default 1)
      --config FILE               instead of deepmaker.config.json in the project
      --json                      print one JSON object instead of a table
  deepmaker search DATASET [options]              search networks for mnist, fashion-mnist, cifar10, cifar100,
                                                  a .json file, a pair of .npy files or a folder of images
      --model cnn|mlp             default: cnn for images, mlp for the rest
      --epochs N                  training epochs of each candidate (default 16)
      --full-epochs N             training epochs of the final front; 0 keeps the search's (default 300)
      --subset N                  use N rows of the training set, and no more than N of the test set
      --seconds S                 end the search after the candidates that are in training then
      --max-error E               largest acceptable share of wrong classes, or NRMSE
      --fidelity full|halving     halving: only the best third of a generation trains in full (default full)
      --space paper|extended      extended: convolutional networks of other growth rates, and DenseNet-BC
      --augment none|shift|shift+flip   move training images at random, and mirror them (default none)
      --alpha 10,30,50|none       percent of the parameters to remove from networks of the front (default 10,30,50)
      --format int8,fixed16|none  integers to offer networks of the front in (default both)
      --out DIR                   write the chosen network to DIR, as JSON
      and --max-params, --population, --generations, --workers, --queue, --queue-data, --trainer, --seed, --config,
      --json as above
  deepmaker prune RUN [options]                   prune networks of a finished run, and add them to it
      --alpha 10,20,...           percent of the parameters to remove (default 10,20,...,70)
      --candidate ID              the network to prune (default: those on the front)
      --method M                  similarity, or random or magnitude to compare with (default similarity)
      --json                      print one JSON object instead of a table
  deepmaker quantise RUN [options]                add networks of a dataset's finished run in integers to it
      --format int8,fixed16       8-bit integers, 16-bit fixed point (default both)
      --candidate ID              the network to quantise (default: those on the front)
      --json                      print one JSON object instead of a table
  deepmaker export RUN --out DIR                  write a network of a finished run as code, by the run's id or folder
      --candidate ID              which of its networks (default: the chosen one)
      --target cpu|gpu|arm|fpga|onnx  what the code runs on (default: the run's)
      --circuit parallel|streaming  with fpga: a multiplier for each weight, or a few for all (default: by the size)
      --multipliers N             with fpga: the multipliers of the streaming circuit, 1 to 64
  deepmaker profiles RUN [--candidate ID] [--json]
                                  bounds of time and energy on the devices of the paper
  deepmaker report RUN                            write a page with the figures of a run; RUN is its id or its folder
      --out FILE.html             default: the run's id, in the current folder
      --svg DIR                   write the figures to DIR, too
  deepmaker hotspots FILE.cpuprofile [--json]     functions by their share of a CPU profile, and which of them
                                                  can be approximated
  deepmaker revert FILE#FUNCTION                  put the exact function back
  deepmaker check [PATH] [--json]                 re-measure every applied network; for continuous integration
  deepmaker worker --queue URL [options]          train networks for searches on any machine, until it is stopped
      --concurrency N             networks at once (default: number of cores)
      --queue-data DIR            a folder where the data of searches is looked for first
      --trainer T                 as above
  deepmaker workers --queue URL [--json]          list the workers at a queue, how fast they are, and what waits
  deepmaker lsp --stdio                           run the language server for an editor

Exit codes: 0 done, 1 criterion not met or check failed, 2 bad usage or a function that cannot be approximated, 130 cancelled.`;

/** Splits `src/price.ts#price`, and checks that the file is there. */
export function parseRegion(text: string | undefined): { kind: 'region'; file: string; name: string } | Failure {
  const hash = text?.lastIndexOf('#') ?? -1;
  if (text === undefined || hash <= 0 || hash === text.length - 1) {
    return {
      kind: 'failed',
      message: text === undefined ? 'no function was named.' : `"${text}" does not name a function.`,
      hint: 'Write FILE#FUNCTION, for example src/price.ts#price.',
    };
  }
  const file = resolve(text.slice(0, hash));
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    return { kind: 'failed', message: `${text.slice(0, hash)} is not a file.`, hint: 'Check the path before the #.' };
  }
  // A module lies where its file does, not where a link to it does: that is what its imports are relative to.
  const isLink = lstatSync(file).isSymbolicLink();
  return { kind: 'region', file: isLink ? realpathSync(file) : file, name: text.slice(hash + 1) };
}

export function printFailure(failure: Failure): void {
  console.error(`deepmaker: ${failure.message}`);
  if (failure.hint) console.error(failure.hint);
}

export function printReasons(file: string, reasons: readonly Reason[]): void {
  for (const { message, line } of reasons) console.error(`${file}:${line}: ${message}`);
}
