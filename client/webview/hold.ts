/**
 * While a pointer is down, what is under it must not be replaced, or the click is lost. `draw` is called after the release
 * where it was due before.
 */
export function createHold(window: Pick<EventTarget, 'addEventListener'>, draw: () => void) {
  let held = false;
  let due = false;
  window.addEventListener('pointerdown', () => {
    held = true;
  });
  // A menu takes the release for itself.
  for (const released of ['pointerup', 'pointercancel', 'contextmenu', 'blur']) {
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
