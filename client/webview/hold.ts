/**
 * While a pointer is down, what is under it must not be replaced, or the click is lost. `draw` is called after the release
 * where it was due before.
 */
export function createHold(draw: () => void) {
  let held = false;
  let due = false;
  window.addEventListener('pointerdown', () => {
    held = true;
  });
  for (const released of ['pointerup', 'pointercancel', 'blur']) {
    window.addEventListener(released, () => {
      held = false;
      // The click comes after the release.
      if (due) setTimeout(draw);
    });
  }
  return {
    delays(): boolean {
      due = held;
      return held;
    },
  };
}
