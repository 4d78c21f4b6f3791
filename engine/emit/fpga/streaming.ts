/**
 * The streaming form: a few multipliers serve all neurons, layer after layer. Weights, biases and activations are in
 * memories; values enter and leave one by one with a valid/ready handshake, named as in AXI4-Stream.
 */
import type { Fixed16Network } from '../../quantise/fixed16.ts';
import type { Schedule } from './schedule.ts';
import { extended, hexDigits, limited, romLines, shifted, streamHead, tableLatency } from './verilog.ts';

/** Bits of an unsigned counter up to `largest`. */
const counterBits = (largest: number): number => Math.max(1, Math.ceil(Math.log2(largest + 1)));

/** Below this many words a bank of activations is built of LUTs, above of block RAM. */
export const distributedWords = 64;

export function streamingModule(name: string, network: Fixed16Network, schedule: Schedule): string {
  const { layers, table } = network;
  const { macs, bankWords, weightWords, biasWords } = schedule;
  const bits = {
    layer: counterBits(layers.length - 1),
    group: counterBits(Math.max(...schedule.layers.map(({ groups }) => groups - 1))),
    slot: counterBits(Math.max(...schedule.layers.map(({ slots }) => slots - 1))),
    address: Math.log2(bankWords),
    weight: counterBits(weightWords - 1),
    bias: counterBits(biasWords - 1),
    waiting: counterBits(macs),
  };
  const [outputs, inputs] = [layers.at(-1)!.outputs, layers[0]!.inputs];
  const { productSumBits: productBits, biasBits, sumBits, scaledBits } = schedule;
  const perLayer = (width: number, value: (index: number) => number) =>
    byLayer(
      layers.map((_, index) => `${width}'d${value(index)}`),
      bits.layer,
    );
  const stages = 3 + (table ? tableLatency : 0);
  // Small ones are left to the tools: not every family can build a memory of LUTs.
  const style = bankWords <= distributedWords ? '' : '(* ram_style = "block" *) ';
  const last = `layer == ${bits.layer}'d${layers.length - 1}`;
  const lines = (count: number, line: (k: number) => string) =>
    Array.from({ length: count }, (_, k) => line(k)).join('\n');
  const result = table ? `${last} ? limited : activated` : 'limited';
  const written = table ? `${last} ? stage[2] : stage[5]` : 'stage[2]';
  const limits = layers.map((layer) =>
    limited('scaled', scaledBits, layer.usesTable ? saturation : layer, { low: -Infinity, high: Infinity }),
  );
  return `${streamHead(name, `${inputs} inputs, one after the other`, outputs)}
  localparam [1:0] LOAD = 2'd0, RUN = 2'd1, WAIT = 2'd2, SEND = 2'd3;
  reg [1:0] state = LOAD;
  reg [${bits.layer - 1}:0] layer = ${bits.layer}'d0;

  // Activations, two banks: a layer reads one and writes the other.
  ${style}reg [15:0] values [0:${2 * bankWords - 1}];
  // Neuron after neuron within a word, the first one in the low bits; words in the order in which they are needed.
  (* rom_style = "block", ram_style = "block" *) reg [${16 * macs - 1}:0] weights [0:${weightWords - 1}];
  // Each with half of its layer's rounding step.
  (* rom_style = "block", ram_style = "block" *) reg [${biasBits - 1}:0] biases [0:${biasWords - 1}];
  initial begin
${romLines('weights', weightTexts(network, schedule)).join('\n')}
${romLines('biases', biasTexts(network, schedule)).join('\n')}
  end

  // What is asked for: input \`slot\` of group \`group\`. A group of fewer inputs than multipliers waits in its last slots.
  reg [${bits.slot - 1}:0] slot = ${bits.slot}'d0;
  reg [${bits.group - 1}:0] group = ${bits.group}'d0;
  reg [${bits.weight - 1}:0] weight_address = ${bits.weight}'d0;
  wire [${bits.slot - 1}:0] last_input = ${perLayer(bits.slot, (index) => schedule.layers[index]!.inputs - 1)};
  wire [${bits.slot - 1}:0] last_slot = ${perLayer(bits.slot, (index) => schedule.layers[index]!.slots - 1)};
  wire [${bits.group - 1}:0] last_group = ${perLayer(bits.group, (index) => schedule.layers[index]!.groups - 1)};
  wire asks = state == RUN${schedule.layers.some(({ slots, inputs: own }) => slots > own) ? ' && slot <= last_input' : ''};
  wire asked_all = state == RUN && group == last_group && slot == last_input;

  // What enters or leaves: number \`place\` of the inputs or outputs.
  reg [${bits.address - 1}:0] place = ${bits.address}'d0;
  assign s_axis_tready = state == LOAD && !m_axis_tvalid;
  wire takes = s_axis_tready && s_axis_tvalid;
  wire sends = state == SEND && (!m_axis_tvalid || m_axis_tready);

  // Results are written behind each other; the last one of a layer starts the next layer.
  reg [${bits.address - 1}:0] write_address = ${bits.address}'d0;
  reg [${stages - 1}:0] stage = ${stages}'d0;
  wire written = ${written};
  wire [${bits.address - 1}:0] last_write = ${perLayer(bits.address, (index) => schedule.layers[index]!.groups * macs - 1)};
  wire layer_done = written && write_address == last_write;

  always @(posedge clk) begin
    case (state)
      LOAD: if (takes) begin
        place <= place == ${bits.address}'d${inputs - 1} ? ${bits.address}'d0 : place + 1'b1;
        if (place == ${bits.address}'d${inputs - 1}) state <= RUN;
      end
      RUN: begin
        if (asks) weight_address <= weight_address == ${bits.weight}'d${weightWords - 1} ? ${bits.weight}'d0 : weight_address + 1'b1;
        slot <= slot == last_slot ? ${bits.slot}'d0 : slot + 1'b1;
        if (slot == last_slot) group <= group + 1'b1;
        if (asked_all) begin
          slot <= ${bits.slot}'d0;
          group <= ${bits.group}'d0;
          state <= WAIT;
        end
      end
      WAIT: if (layer_done) begin
        layer <= ${last} ? ${bits.layer}'d0 : layer + 1'b1;
        state <= ${last} ? SEND : RUN;
      end
      SEND: if (sends) begin
        place <= place == ${bits.address}'d${outputs - 1} ? ${bits.address}'d0 : place + 1'b1;
        if (place == ${bits.address}'d${outputs - 1}) state <= LOAD;
      end
    endcase
    if (rst) begin
      state <= LOAD;
      layer <= ${bits.layer}'d0;
      slot <= ${bits.slot}'d0;
      group <= ${bits.group}'d0;
      weight_address <= ${bits.weight}'d0;
      place <= ${bits.address}'d0;
    end
  end

  always @(posedge clk) begin
    if (written) write_address <= layer_done ? ${bits.address}'d0 : write_address + 1'b1;
    if (rst) write_address <= ${bits.address}'d0;
  end

  always @(posedge clk) begin
    if (sends) begin
      m_axis_tvalid <= 1'b1;
      m_axis_tlast <= place == ${bits.address}'d${outputs - 1};
    end else if (m_axis_tready) m_axis_tvalid <= 1'b0;
    if (rst) m_axis_tvalid <= 1'b0;
  end
  initial m_axis_tvalid = 1'b0;
  initial m_axis_tlast = 1'b0;

  // One write and one read of the activations in a clock.
  wire read_bank = state == SEND ? 1'b${layers.length % 2} : ${bits.layer === 1 ? 'layer' : 'layer[0]'};
  wire [${bits.address}:0] read_at = {read_bank, state == SEND ? place : ${bits.slot < bits.address ? `{${bits.address - bits.slot}'d0, slot}` : 'slot'}};
  wire [15:0] result = ${result};
  reg signed [15:0] value;
  always @(posedge clk) begin
    if (takes) values[{1'b0, place}] <= s_axis_tdata;
    else if (written) values[{!read_bank, write_address}] <= result;
    if (asks || sends) value <= values[read_at];
  end
  assign m_axis_tdata = value;

  // Products, a clock after they were asked for, and sums.
  reg [${16 * macs - 1}:0] weight;
  reg [1:0] valid = 2'd0, first = 2'd0;
  reg [2:0] last = 3'd0;
  always @(posedge clk) begin
    weight <= weights[weight_address];
    valid <= {valid[0], asks};
    first <= {first[0], slot == ${bits.slot}'d0};
    last <= rst ? 3'd0 : {last[1:0], asks && slot == last_input};
  end
${lines(macs, (k) => `  wire signed [15:0] weight_${k} = weight[${16 * k + 15}:${16 * k}];`)}
${lines(macs, (k) => `  reg signed [31:0] product_${k};`)}
${lines(macs, (k) => `  reg signed [${productBits - 1}:0] sum_${k};`)}
  always @(posedge clk) begin
${lines(macs, (k) => `    product_${k} <= value * weight_${k};`)}
    if (valid[1]) begin
${lines(macs, (k) => `      sum_${k} <= (first[1] ? ${productBits}'d0 : sum_${k}) + ${resized(`product_${k}`, 32, productBits)};`)}
    end
  end

  // The sums of a group leave one after the other, while the next group is summed.
${lines(macs, (k) => `  reg signed [${productBits - 1}:0] held_${k};`)}
  reg [${bits.waiting - 1}:0] waiting = ${bits.waiting}'d0;
  always @(posedge clk) begin
${lines(macs, (k) => (k + 1 < macs ? `    held_${k} <= last[2] ? sum_${k} : held_${k + 1};` : `    if (last[2]) held_${k} <= sum_${k};`))}
    if (last[2]) waiting <= ${bits.waiting}'d${macs};
    else if (waiting != ${bits.waiting}'d0) waiting <= waiting - 1'b1;
    if (rst) waiting <= ${bits.waiting}'d0;
  end

  // Bias, shift and limits.
  reg [${bits.bias - 1}:0] bias_address = ${bits.bias}'d0;
  reg signed [${biasBits - 1}:0] bias;
  reg signed [${productBits - 1}:0] picked;
  // Shifting drops its low bits.
  /* verilator lint_off UNUSED */
  reg signed [${sumBits - 1}:0] total;
  /* verilator lint_on UNUSED */
  reg signed [15:0] limited;
  wire signed [${scaledBits - 1}:0] scaled = ${byLayer(
    layers.map(({ shift }) => shifted('total', sumBits, shift, scaledBits)),
    bits.layer,
  )};
  always @(posedge clk) begin
    if (waiting != ${bits.waiting}'d0) bias_address <= bias_address == ${bits.bias}'d${biasWords - 1} ? ${bits.bias}'d0 : bias_address + 1'b1;
    if (rst) bias_address <= ${bits.bias}'d0;
    bias <= biases[bias_address];
    picked <= held_0;
    total <= ${resized('picked', productBits, sumBits)} + ${resized('bias', biasBits, sumBits)};
    limited <= ${byLayer(
      limits.map((text) => `(${text})`),
      bits.layer,
    )};
    stage <= rst ? ${stages}'d0 : {${table ? `stage[4:3], stage[2] && !(${last})` : 'stage[1]'}, stage[${table ? '1' : '0'}:0], waiting != ${bits.waiting}'d0};
  end
${
  table
    ? `  wire signed [15:0] activated;
  ${name}_activation activation (.clk(clk), .sum(limited), .value(activated));
`
    : ''
}endmodule
`;
}

const saturation = { minimum: -32768, maximum: 32767 };

/** `a` in the first layer, `b` in the second, and so on; equal ones once. */
function byLayer(texts: readonly string[], bits: number): string {
  const last = texts.at(-1)!;
  const choices = texts.slice(0, -1).map((text, index) => ({ text, index }));
  if (texts.every((text) => text === last)) return last;
  return [...choices.map(({ text, index }) => `layer == ${bits}'d${index} ? ${text}`), last].join(' : ');
}

/** A signed vector at another width; the value fits both. */
const resized = (name: string, from: number, to: number): string =>
  from <= to ? extended(name, from, to) : `${name}[${to - 1}:0]`;

/** Words of the weight memory, in the order in which the groups ask for them. */
function weightTexts({ layers }: Fixed16Network, { macs, layers: scheduled }: Schedule): string[] {
  return layers.flatMap(({ inputs, outputs, weights }, index) =>
    Array.from({ length: scheduled[index]!.groups * inputs }, (_, word) => {
      const [group, input] = [Math.floor(word / inputs), word % inputs];
      const digits = Array.from({ length: macs }, (__, k) => {
        const neuron = group * macs + k;
        return hexDigits(neuron < outputs ? weights[neuron * inputs + input]! : 0, 4);
      });
      return `${16 * macs}'h${digits.toReversed().join('')}`;
    }),
  );
}

function biasTexts({ layers }: Fixed16Network, { macs, layers: scheduled, biasBits }: Schedule): string[] {
  const modulus = 2 ** biasBits;
  return layers.flatMap(({ outputs, bias, shift }, index) =>
    Array.from({ length: scheduled[index]!.groups * macs }, (_, neuron) => {
      const value = neuron < outputs ? bias[neuron]! + (shift > 0 ? 2 ** (shift - 1) : 0) : 0;
      return `${biasBits}'h${hexDigits(value < 0 ? value + modulus : value, Math.ceil(biasBits / 4))}`;
    }),
  );
}
