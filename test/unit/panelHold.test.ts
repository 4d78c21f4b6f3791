/** What is pressed is not drawn anew before it is released. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHold } from '../../client/webview/hold.ts';

for (const release of ['pointerup', 'pointercancel', 'contextmenu', 'blur']) {
  test(`what was due is drawn after ${release}, and nothing waits from then on`, async () => {
    const window = new EventTarget();
    let drawn = 0;
    const hold = createHold(window, () => drawn++);
    assert.equal(hold.delays(), false);
    window.dispatchEvent(new Event('pointerdown'));
    assert.equal(hold.delays(), true);
    window.dispatchEvent(new Event(release));
    await new Promise((resolve) => setTimeout(resolve));
    assert.equal(drawn, 1);
    assert.equal(hold.delays(), false);
  });
}
