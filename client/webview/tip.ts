/** The name of what the pointer is over, beside it. */
export interface Tip {
  /** Pixels, in the picture. */
  readonly x: number;
  readonly y: number;
  readonly title: string;
  readonly text: string;
}

/** Shows what it is given, and hides the tip for undefined. */
export function createTip(tip: HTMLElement, plot: HTMLElement): (shown: Tip | undefined) => void {
  let last = '';
  return (shown) => {
    const key = shown ? `${shown.x} ${shown.y} ${shown.title}` : '';
    if (key === last) return;
    last = key;
    plot.classList.toggle('over-point', shown !== undefined);
    tip.hidden = shown === undefined;
    if (!shown) return;
    const strong = document.createElement('strong');
    strong.textContent = shown.title;
    tip.replaceChildren(strong, shown.text);
    // Set through the object model, which the content security policy allows, unlike the attribute.
    const leftwards = shown.x > plot.clientWidth / 2;
    tip.style.left = leftwards ? 'auto' : `${shown.x + 12}px`;
    tip.style.right = leftwards ? `${plot.clientWidth - shown.x + 12}px` : 'auto';
    tip.style.top = `${Math.max(0, shown.y - 20)}px`;
  };
}
