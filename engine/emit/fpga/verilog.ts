/** Verilog-2005 text that both forms of a circuit share. */
import type { Fixed16Table } from '../../quantise/fixed16.ts';

/** A signed constant of `width` bits, which must hold it with its sign. Negative ones show their two's complement. */
export function literal(value: number, width: number): string {
  return value < 0 ? `${width}'sh${(2n ** BigInt(width) + BigInt(value)).toString(16)}` : `${width}'sd${value}`;
}

/** `name`, a signed vector of `from` bits, with its sign repeated up to `to` bits; `shift` zeros follow it. */
export function extended(name: string, from: number, to: number, shift = 0): string {
  const repeat = to - from - shift;
  if (repeat === 0 && shift === 0) return name;
  const sign = repeat > 0 ? [`{${repeat}{${name}[${from - 1}]}}`] : [];
  return `{${[...sign, name, ...(shift > 0 ? [`${shift}'d0`] : [])].join(', ')}}`;
}

/** A signed vector of `from` bits, shifted to the right (to the left where `shift` is negative), as one of `to` bits. */
export function shifted(name: string, from: number, shift: number, to: number): string {
  if (shift <= 0) {
    if (from - shift <= to) return extended(name, from, to, -shift);
    const low = `${name}[${to + shift - 1}:0]`;
    return shift < 0 ? `{${low}, ${-shift}'d0}` : low;
  }
  const sign = `${name}[${from - 1}]`;
  const top = from - shift;
  if (top <= 0) return `{${to}{${sign}}}`;
  if (top >= to) return `${name}[${shift + to - 1}:${shift}]`;
  return `{{${to - top}{${sign}}}, ${name}[${from - 1}:${shift}]}`;
}

/**
 * The 16 bits of a signed vector of `width` bits, kept within the limits. The upper limit is 2^k or 2^15 - 1, the lower one
 * 0 or -2^15, so that bits tell what lies outside; any other limit is compared with. Limits that no value passes are left
 * out where `low` and `high` say so.
 */
export function limited(
  name: string,
  width: number,
  limits: { readonly minimum: number; readonly maximum: number },
  range: { readonly low: number; readonly high: number },
): string {
  const sign = `${name}[${width - 1}]`;
  const above = (bit: number) => `${name}[${width - 2}:${bit}]`;
  const inside = width === 16 ? name : width > 16 ? `${name}[15:0]` : `{{${16 - width}{${sign}}}, ${name}}`;
  const { minimum, maximum } = limits;
  const over = maximum === 32767 ? 15 : Number.isInteger(Math.log2(maximum)) ? Math.log2(maximum) : undefined;
  const choices: string[] = [];
  if (range.low < minimum) {
    if (minimum === 0) choices.push(`${sign} ? 16'h0000`);
    else choices.push(`${sign} && !(&${above(15)}) ? ${hex16(minimum)}`);
  }
  if (range.high > maximum) {
    const test = over === undefined ? `${name} > ${literal(maximum, width)}` : `!${sign} && |${above(over)}`;
    choices.push(`${test} ? ${hex16(maximum)}`);
  }
  return [...choices, inside].join(' : ');
}

export const hex16 = (value: number): string => `16'h${hexDigits(value, 4)}`;

/** The two's complement of `value` in `digits` hexadecimal digits; values of more than 32 bits too. */
export function hexDigits(value: number, digits: number): string {
  const modulus = 1n << BigInt(4 * digits);
  return (((BigInt(value) % modulus) + modulus) % modulus).toString(16).padStart(digits, '0');
}

/** Assignments `memory[i] = word;`, several a line. */
export function romLines(memory: string, words: readonly string[]): string[] {
  const items = words.map((word, index) => `${memory}[${index}] = ${word};`);
  const perLine = Math.max(1, Math.floor(104 / (items.at(-1)?.length ?? 1)));
  return Array.from(
    { length: Math.ceil(items.length / perLine) },
    (_, line) => `    ${items.slice(line * perLine, (line + 1) * perLine).join(' ')}`,
  );
}

/** Clocks from a sum to the value that the table makes of it. */
export const tableLatency = 3;

/** The activation as a module: a line between two of 257 points, three clocks after its argument. */
export function tableModule(name: string, { values }: Fixed16Table): string {
  const words = Array.from({ length: 256 }, (_, index) => {
    const [left, right] = [values[index]!, values[index + 1]!];
    return `33'h${hexDigits(((right - left) & 0x1ffff) * 2 ** 16 + (left & 0xffff), 9)}`;
  });
  return `// The activation: value + (slope * fraction + 128) / 256, where the upper byte of the sum finds value and slope.
module ${name} (
  input  wire               clk,
  input  wire signed [15:0] sum,
  output reg  signed [15:0] value
);
  // Half a block RAM: bits 15 to 0 are the value at the left end, bits 32 to 16 how much the right end lies higher.
  (* rom_style = "block", ram_style = "block" *) reg [32:0] points [0:255];
  initial begin
${romLines('points', words).join('\n')}
  end

  reg         [32:0] point;
  reg          [7:0] fraction;
  reg signed  [24:0] product;
  reg signed  [15:0] left;
  wire signed [16:0] slope = point[32:16];
  // What is not read of it: the fraction, and a sign that the result does not need.
  /* verilator lint_off UNUSED */
  wire signed [24:0] rounded = product + 25'sd128;
  /* verilator lint_on UNUSED */
  always @(posedge clk) begin
    point    <= points[{~sum[15], sum[14:8]}];
    fraction <= sum[7:0];
    product  <= slope * $signed({1'b0, fraction});
    left     <= point[15:0];
    // The result lies between two values of 16 bits, so nothing is lost above.
    value    <= left + rounded[23:8];
  end
endmodule
`;
}

/** The head of a module that takes one value a clock and gives one a clock, by AXI4-Stream; `inputs` says what goes in. */
export const streamHead = (name: string, inputs: string, outputs: number): string => `module ${name} (
  input  wire        clk,
  // Drops what is under way and waits for the first input.
  input  wire        rst,
  // ${inputs}.
  input  wire [15:0] s_axis_tdata,
  input  wire        s_axis_tvalid,
  output wire        s_axis_tready,
  // ${outputs} outputs; tlast marks the last one.
  output wire [15:0] m_axis_tdata,
  output reg         m_axis_tvalid,
  input  wire        m_axis_tready,
  output reg         m_axis_tlast
);`;
