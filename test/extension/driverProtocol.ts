/**
 * What a suite, in the extension host, asks the test's own process to do with the window: the extension API cannot
 * click. One request per connection on a local socket, JSON on one line each way.
 */

/** The environment variable with the driver's port on 127.0.0.1. */
export const driverPortVariable = 'DEEPMAKER_TEST_DRIVER_PORT';

/** The environment variable with the names of the suites to run, with commas between them. */
export const suiteVariable = 'DEEPMAKER_TEST_SUITE';

/** Starts every line that a suite prints, to tell it from what VS Code prints. */
export const reportPrefix = '[suite] ';

/** `panel`: the document inside the visible webview. `workbench`: the rest of the window. */
export type Surface = 'panel' | 'workbench';

/** The window of the suite, unless it is the other one, which shows the same workspace in an extension host of its own. */
export type DriverRequest = DriverAction & { readonly window?: 'other' };

type DriverAction =
  /** Opens the other window, with the cursor at a place of a file; lines and columns count from 1. */
  | { readonly kind: 'open-window'; readonly file: string; readonly line: number; readonly column: number }
  /** Runs a command as the palette lists it. */
  | { readonly kind: 'command'; readonly title: string }
  /**
   * Waits for the element to be visible and enabled, then clicks in its middle. `name` is matched as a regular
   * expression. `part` selects what is clicked inside the element, where its own middle is empty.
   */
  | {
      readonly kind: 'click';
      readonly surface: Surface;
      readonly role: DriverRole;
      readonly name: string;
      readonly part?: string;
    }
  /** Focuses the element and presses keys, such as `ArrowRight`. */
  | {
      readonly kind: 'press';
      readonly surface: Surface;
      readonly role: DriverRole;
      readonly name: string;
      readonly keys: readonly string[];
    }
  /** Types into what has the focus, or in place of what stands in the quick input, and presses Enter. */
  | { readonly kind: 'type'; readonly text: string; readonly into?: 'quick-input' }
  /** Waits until the element is visible; the reply is its text. */
  | { readonly kind: 'read'; readonly surface: Surface; readonly role: DriverRole; readonly name: string }
  /** The reply is the whole surface as a screen reader has it: roles, names and values, indented. */
  | { readonly kind: 'snapshot'; readonly surface: Surface }
  | { readonly kind: 'screenshot'; readonly name: string };

export type DriverRole = 'button' | 'option' | 'status' | 'tab' | 'listbox';

export type DriverReply =
  | { readonly kind: 'done'; readonly text: string }
  | { readonly kind: 'failed'; readonly message: string };
