/** The file at `extensionTestsPath`: runs suites with Mocha in the extension host, and rejects where a test failed. */
import path from 'node:path';
import Mocha from 'mocha';
import { reportPrefix, suiteVariable } from '../driverProtocol.ts';

/** Longer than the driver waits for an element, so that the driver's message, which says more, comes first. */
const testTimeoutMs = 180_000;

export function run(): Promise<void> {
  const names = process.env[suiteVariable]?.split(',');
  if (names === undefined) throw new Error(`${suiteVariable} names the suites to run.`);
  const mocha = new Mocha({ ui: 'tdd', timeout: testTimeoutMs, slow: testTimeoutMs, reporter: Report });
  for (const name of names) mocha.addFile(path.join(import.meta.dirname, `${name}.suite.cjs`));
  return new Promise((resolve, reject) => {
    const runner = mocha.run((failures) => {
      // A suite that runs nothing proves nothing.
      if (failures === 0 && runner.total > 0) resolve();
      else reject(new Error(`${failures} of ${runner.total} tests failed.`));
    });
  });
}

/** One line per test with a prefix, so that the host finds them among everything that VS Code prints. */
class Report extends Mocha.reporters.Base {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.on('pass', (test) => print(`ok ${test.fullTitle()} (${test.duration ?? 0} ms)`));
    runner.on('fail', (test, error) => print(`FAILED ${test.fullTitle()}\n${error.stack ?? error.message}`));
  }
}

function print(text: string): void {
  for (const line of text.split('\n')) console.log(`${reportPrefix}${line}`);
}
