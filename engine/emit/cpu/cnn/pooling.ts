/** The steps that pool maps, as source: in integers and in float32 they differ in how a mean is rounded alone. */

/** The four values that a mean is of, row by row. */
export type Corners = readonly [string, string, string, string];

/** `head` opens the function. `mean`: statements that write the mean to `values[to++]`. */
export function averageText(head: string, sure: string, mean: (corners: Corners) => readonly string[]): string {
  const corners = ['', ' + channels', ' + row', ' + row + channels'].map((place) => `values[at${place}]${sure}`);
  const lines = mean(corners as [string, string, string, string]).map((line) => `          ${line}`);
  return `  /** Replaces maps by the means of their 2x2 pixels. */
${head}
    const row = width * channels;
    let to = maps;
    for (let y = 0; y + 2 <= height; y += 2) {
      for (let x = 0; x + 2 <= width; x += 2) {
        for (let c = 0; c < channels; c++) {
          const at = maps + y * row + x * channels + c;
${lines.join('\n')}
        }
      }
    }
  }`;
}

export const largestText = (head: string, sure: string): string => `  /** The largest value of each map. */
${head}
    for (let c = 0; c < channels; c++) {
      let best = values[maps + c]${sure};
      for (let pixel = 1; pixel < pixels; pixel++) best = Math.max(best, values[maps + pixel * channels + c]${sure});
      values[to + c] = best;
    }
  }`;
